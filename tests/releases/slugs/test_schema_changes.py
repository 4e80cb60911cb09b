import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from releases.slugs.migration_layouts import FRAMEWORKS
from releases.slugs.schema_changes import (
    LISTED,
    Migration,
    MigrationsFound,
    find_migrations,
)
from tests.releases.slugs.migration_trees import migrations, neighbours

SITE_PACKAGES = ".heroku/python/lib/python3.12/site-packages"


def names(found: MigrationsFound) -> tuple[list[str], list[str], list[str]]:
    lists = (found.added, found.removed, found.changed)
    added, removed, changed = ([one.name for one in some.listed] for some in lists)
    return added, removed, changed


def test_migrations_are_found_where_they_differ() -> None:
    found = find_migrations(
        added=["shop/migrations/0009_b.py", "shop/views.py"],
        removed=["shop/migrations/0008_a.py", "shop/tests/test_a.py"],
        changed=["shop/migrations/0001_initial.py", "README.md"],
    )

    assert names(found) == (["shop/0009_b"], ["shop/0008_a"], ["shop/0001_initial"])
    assert found.removed.listed == (
        Migration("Django", "shop/migrations/0008_a.py", "shop/0008_a"),
    )
    assert found.total == 3
    assert found


def test_nothing_found_is_false() -> None:
    found = find_migrations(added=neighbours(), removed=["Procfile"], changed=[])

    assert not found
    assert found.total == 0


def test_no_migrations_are_said_with_every_framework_looked_for_and_the_limit() -> None:
    sentence = find_migrations([], [], ["shop/views.py"]).sentence("v30")

    assert sentence.startswith(
        "No migration files of Django, Rails, Alembic, Laravel, Drizzle, Prisma"
        f" and {len(FRAMEWORKS) - 6} more layouts differ between the two."
    )
    assert sentence.endswith(
        " differ between the two. Other ways of changing a database are not seen."
    )


def test_removed_migrations_are_named_and_the_database_keeps_what_they_did() -> None:
    found = find_migrations(
        [],
        [
            "shop/migrations/0009_c.py",
            "shop/migrations/0007_add_index.py",
            "shop/migrations/0008_b.py",
        ],
        [],
    )

    assert found.sentence("v30") == (
        "3 Django migrations are in the running code and not in v30:"
        " shop/0007_add_index, shop/0008_b, shop/0009_c."
        " The database keeps whatever they did; Rollbook never touches it."
    )


def test_one_removed_migration_is_said_in_the_singular() -> None:
    found = find_migrations([], ["db/migrate/20240102030405_add_x.rb"], [])

    assert found.sentence("v30") == (
        "1 Rails migration is in the running code and not in v30:"
        " 20240102030405_add_x."
        " The database keeps whatever it did; Rollbook never touches it."
    )


def test_added_migrations_are_said_with_what_is_not_known_of_them() -> None:
    one = find_migrations(["alembic/versions/3f2a9c1d4b5e_add.py"], [], [])
    two = find_migrations(["migrations/001_a.sql", "migrations/002_b.sql"], [], [])

    assert one.sentence("v35", current="v30") == (
        "1 Alembic migration is in v35 and not in v30: 3f2a9c1d4b5e_add."
        " Whether it ran on the database before is not seen."
    )
    assert two.sentence("v35", current="v30") == (
        "2 numbered SQL migrations are in v35 and not in v30: 001_a, 002_b."
        " Whether they ran on the database before is not seen."
    )


def test_changed_migrations_are_said_to_differ() -> None:
    one = find_migrations([], [], ["shop/migrations/0001_a.py"])
    two = find_migrations([], [], ["db/V1__a.sql", "db/R__b.sql"])

    assert one.sentence("v30") == (
        "1 Django migration differs between the running code and v30: shop/0001_a."
        " The database keeps what already ran as it ran."
    )
    assert two.sentence("v30").startswith("2 Flyway migrations differ between ")


def test_removed_added_and_changed_are_said_in_this_order() -> None:
    found = find_migrations(
        ["a/migrations/0002_added.py"],
        ["a/migrations/0002_removed.py"],
        ["a/migrations/0001_changed.py"],
    )

    sentence = found.sentence()

    places = [sentence.index(word) for word in ("_removed", "_added", "_changed")]
    assert places == sorted(places)
    assert "are in the running code and not in the target" not in sentence
    assert "is in the running code and not in the target" in sentence


def test_no_sentence_calls_anything_safe() -> None:
    every = [path for _, path, _ in migrations()]

    found = find_migrations(every[::2], every[1::2], ["db/schema.rb", "db/V1__x.sql"])

    assert "safe" not in found.sentence().lower()
    assert "safe" not in find_migrations([], [], []).sentence().lower()


def test_several_frameworks_are_counted_apart() -> None:
    found = find_migrations(
        [],
        [
            "shop/migrations/0007_a.py",
            "shop/migrations/0008_b.py",
            "priv/repo/migrations/20240102030405_c.exs",
        ],
        [],
    )

    assert found.removed.by_framework == (("Django", 2), ("Ecto", 1))
    assert found.sentence("v30").startswith("3 migrations (2 Django, 1 Ecto) are in ")


def test_many_migrations_are_shortened_in_words_and_bounded_in_the_list() -> None:
    paths = [f"shop/migrations/{number:04}_x.py" for number in range(1, LISTED + 51)]

    found = find_migrations([], paths, [])

    assert found.removed.total == LISTED + 50
    assert len(found.removed.listed) == LISTED
    assert ": shop/0001_x, shop/0002_x, " in found.sentence("v30")
    assert " shop/0006_x and 144 more. " in found.sentence("v30")


def test_names_come_in_the_order_of_their_numbers() -> None:
    found = find_migrations([f"db/V{n}__x.sql" for n in (10, 9, 1)], [], [])

    assert names(found)[0] == ["V1__x", "V9__x", "V10__x"]


def test_packaged_migrations_are_told_apart_and_come_last() -> None:
    packaged = [
        f"{SITE_PACKAGES}/django/contrib/auth/migrations/0013_x.py",
        f"{SITE_PACKAGES}/wagtail/migrations/0099_y.py",
    ]

    mixed = find_migrations([], [*packaged, "zoo/migrations/0001_z.py"], [])
    alone = find_migrations([], packaged, [])

    assert names(mixed)[1] == ["zoo/0001_z", "auth/0013_x", "wagtail/0099_y"]
    assert mixed.removed.packaged == 2
    assert mixed.sentence("v30").startswith(
        "3 Django migrations (2 from installed packages) are in "
    )
    assert alone.sentence("v30").startswith(
        "2 Django migrations from installed packages are in "
    )


@pytest.mark.parametrize(
    "files",
    [
        ["db/000001_x.up.sql", "db/000001_x.down.sql"],
        ["migrations/2024-01-02-030405_x/up.sql", "migrations/2024-01-02-030405_x/down.sql"],
        ["migrations/sqls/20240102030405-x-up.sql", "migrations/sqls/20240102030405-x-down.sql"],
        ["src/migrations/1700000000000-X.ts", "dist/migrations/1700000000000-X.js"],
        ["src/migrations/1700000000000-X.ts", "dist/src/migrations/1700000000000-X.js"],
        ["src/main/resources/db/migration/V1__x.sql", "target/classes/db/migration/V1__x.sql"],
        ["src/main/java/db/migration/V1__X.java", "build/classes/java/main/db/migration/V1__X.class"],
        ["Migrations/20240102030405_X.cs", "Migrations/20240102030405_X.Designer.cs"],
    ],
)  # fmt: skip
def test_the_files_of_one_migration_count_once(files: list[str]) -> None:
    found = find_migrations([], files, [])

    assert found.removed.total == 1
    assert found.removed.listed[0].path == min(files, key=len)
    assert found == find_migrations([], reversed(files), [])


def test_same_names_in_two_places_are_two_migrations() -> None:
    found = find_migrations(
        [
            "orders/src/main/resources/db/migration/V1__init.sql",
            "users/src/main/resources/db/migration/V1__init.sql",
        ],
        [],
        [],
    )

    assert names(found)[0] == ["orders/V1__init", "users/V1__init"]


def test_a_migration_that_only_moved_is_neither_added_nor_removed() -> None:
    old, new = (
        [
            f"lib/python{version}/site-packages/django/contrib/auth/migrations/0001_a.py",
            f"{folder}/migrations/1700000000000-X.{ending}",
        ]
        for version, folder, ending in (("3.12", "src", "ts"), ("3.13", "dist", "js"))
    )

    found = find_migrations(new, old, [])

    assert not found


def test_a_migration_whose_down_file_is_new_is_changed_at_most() -> None:
    found = find_migrations(["db/1_x.down.sql"], [], ["db/1_x.up.sql"])

    assert names(found) == ([], [], ["1_x"])


def test_a_schema_file_that_differs_is_mentioned() -> None:
    alone = find_migrations([], [], ["db/schema.rb"])
    beside = find_migrations(
        [], ["db/migrate/20240102030405_x.rb"], ["db/schema.rb", "db/structure.sql"]
    )

    assert alone
    assert alone.total == 0
    assert alone.sentence("v30").startswith("db/schema.rb differs, but no migration")
    assert beside.sentence("v30").endswith(
        " Rollbook never touches it. db/schema.rb, db/structure.sql differ too."
    )


def test_names_are_fit_to_print_whatever_the_tarball_says() -> None:
    found = find_migrations(
        [],
        ["shop/migrations/0001_\x1b[31m\u202e\udcff\n.py", f"a/migrations/0001_{'x' * 300}.py"],
        [],
    )  # fmt: skip

    long, hostile = (one.name for one in found.removed.listed)
    assert len(long) == 80
    assert hostile == "shop/0001_\ufffd[31m\ufffd\ufffd\ufffd"
    assert found.sentence("v30").isprintable()


FOLDERS = st.sampled_from(
    sorted({part for _, path, _ in migrations() for part in path.split("/")[:-1]})
)
FILES = st.sampled_from([path.rpartition("/")[2] for _, path, _ in migrations()])
PATHS = st.one_of(
    st.text(),
    st.lists(st.one_of(FOLDERS, FILES, st.text(max_size=5)), max_size=9).map("/".join),
    st.sampled_from([path for _, path, _ in migrations()] + neighbours()),
)


@settings(max_examples=50)
@given(st.lists(PATHS), st.lists(PATHS), st.lists(PATHS))
def test_no_paths_make_it_raise(
    added: list[str], removed: list[str], changed: list[str]
) -> None:
    found = find_migrations(added, removed, changed)

    for some, paths in (
        (found.added, added),
        (found.removed, removed),
        (found.changed, changed),
    ):
        assert len(some.listed) == min(some.total, LISTED)
        assert some.packaged <= some.total <= len(set(paths))
        assert {one.path for one in some.listed} <= set(paths)
    sentence = found.sentence("v30")
    assert sentence.isprintable()
    assert sentence.endswith(".")
