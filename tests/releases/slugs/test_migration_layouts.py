from pathlib import Path

import django
import pytest
from django.apps import apps
from django.db.migrations.loader import MigrationLoader

from releases.slugs.migration_layouts import (
    FRAMEWORKS,
    LAYOUTS,
    describes_schema,
    match,
)
from tests.releases.slugs.migration_trees import migrations, neighbours


@pytest.mark.parametrize(("framework", "path", "name"), migrations())
def test_a_migration_is_known_by_its_path(framework: str, path: str, name: str) -> None:
    found = match(path)

    assert found is not None
    assert (found.framework, found.name, found.path) == (framework, name, path)
    assert not found.packaged


@pytest.mark.parametrize("path", neighbours())
def test_what_lies_beside_migrations_is_none(path: str) -> None:
    assert match(path) is None


def test_every_row_of_the_table_has_an_example_that_it_is_the_first_to_match() -> None:
    examples = migrations()

    won = {
        next(
            row
            for row in LAYOUTS
            if path.endswith(tuple(f".{ending}" for ending in row.endings.split()))
            and row.part in path
            and row.pattern.search(path)
        )
        for _, path, _ in examples
    }

    assert [row for row in LAYOUTS if row not in won] == []
    assert {framework for framework, _, _ in examples} == set(FRAMEWORKS)


@pytest.mark.parametrize(
    "path",
    [
        ".heroku/python/lib/python3.12/site-packages/wagtail/migrations/0001_initial.py",
        "usr/lib/python3/dist-packages/airflow/migrations/versions/0001_x.py",
        "vendor/laravel/sanctum/database/migrations/2019_12_14_000001_create_tokens.php",
    ],
)
def test_a_package_s_migration_that_runs_with_the_app_s_counts_as_packaged(
    path: str,
) -> None:
    found = match(path)

    assert found is not None
    assert found.packaged


def test_what_is_found_in_django_s_own_tree_is_what_django_loads_from_it() -> None:
    root = Path(django.__file__).parent
    files = [*root.glob("contrib/**/*.py"), *root.glob("db/**/*.py")]
    names = [apps.get_app_config(app).name for app in ("admin", "auth", "sessions")]
    loaded = MigrationLoader(None, ignore_no_migrations=True).disk_migrations

    found = [
        match(f"lib/site-packages/{file.relative_to(root.parent).as_posix()}")
        for file in files
    ]

    shown = {migration.name for migration in found if migration}
    for app in (name.rpartition(".")[2] for name in names):
        assert {name for name in shown if name.startswith(f"{app}/")} == {
            f"{label}/{name}" for label, name in loaded if label == app
        }
    assert not any(name.startswith("db/") for name in shown)


def test_rollbook_s_own_migrations_are_those_django_loads() -> None:
    root = Path(apps.get_app_config("releases").path)
    loaded = MigrationLoader(None, ignore_no_migrations=True).disk_migrations

    found = [
        match(file.relative_to(root.parent).as_posix()) for file in root.rglob("*.py")
    ]

    assert {migration.name for migration in found if migration} == {
        f"{label}/{name}" for label, name in loaded if label == "releases"
    }


@pytest.mark.parametrize(
    ("path", "described"),
    [
        ("db/schema.rb", True),
        ("db/queue_schema.rb", True),
        ("db/structure.sql", True),
        ("db/schema.sql", True),
        ("engines/billing/db/structure.sql", True),
        ("priv/repo/structure.sql", True),
        ("prisma/schema.prisma", True),
        ("prisma/models/user.prisma", True),
        ("database/schema/mysql-schema.sql", True),
        ("sqitch.plan", True),
        ("app/graphql/schema.rb", False),
        ("spec/dummy/db/schema.rb", False),
        ("node_modules/.prisma/client/schema.prisma", False),
        ("db/schema.rb.bak", False),
    ],
)
def test_a_file_that_describes_the_whole_schema_is_known(
    path: str,
    described: bool,  # noqa: FBT001
) -> None:
    assert describes_schema(path) is described
