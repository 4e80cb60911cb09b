"""What restore refuses, and that it then changes nothing."""

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker, Settings

from releases.models import App, User
from tests.factories import make_app, make_user
from tests.releases.commands.running import refusal, run
from tests.releases.homes import (
    config,
    contents,
    make_story,
    rewrite,
    stored_files,
    use_home,
)
from tests.releases.hostile_backups import (
    REWRITTEN,
    Change,
    member,
    replaced,
    without_last_migrations,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def backup_of_a_story(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> bytes:
    file = tmp_path_factory.mktemp("backups") / "rollbook.tar"
    with django_db_blocker.unblock(), transaction.atomic():
        make_story()
        run("backup", file)
        transaction.set_rollback(True)
    return file.read_bytes()


@pytest.fixture
def file(settings: Settings, tmp_path: Path, backup_of_a_story: bytes) -> Path:
    """A backup of a story; the database is empty, and so is the home."""
    use_home(settings, tmp_path / "home")
    file = tmp_path / "rollbook.tar"
    file.write_bytes(backup_of_a_story)
    return file


def refused(file: Path) -> str:
    """Return the sentence, after seeing that nothing was changed."""
    sentence = refusal("restore", file)
    assert (User.objects.count(), App.objects.count()) == (1, 0)
    assert stored_files() == []
    return sentence


@pytest.mark.parametrize("kept", [0, 1, 511, 512, 700, 5_000, -1, -512, -1024, -2048])
def test_a_backup_that_is_cut_short(file: Path, kept: int) -> None:
    file.write_bytes(file.read_bytes()[:kept])

    assert refused(file) == "The backup is cut short: its end is missing."


@pytest.mark.parametrize("tenth", range(10))
def test_a_backup_with_a_changed_bit(file: Path, tenth: int) -> None:
    changed = bytearray(file.read_bytes())
    changed[len(changed) * tenth // 10 + 3] ^= 1
    file.write_bytes(changed)

    assert "backup" in refused(file)


def test_a_backup_with_something_after_its_end(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"x")

    assert refused(file) == "The backup has something after its end."


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("../../etc/passwd", {}),
        ("/slugs/x", {}),
        ("slugs/short.tar.gz", {}),
        ("tables/releases_app.copy", {"type": tarfile.SYMTYPE, "linkname": "/etc"}),
        ("manifest.json", {"type": tarfile.GNUTYPE_LONGNAME, "size": 2**40}),
        ("manifest.json", {"type": tarfile.XHDTYPE, "size": 2**40}),
        ("manifest.json", {"size": 2**62}),
    ],
)
def test_a_hostile_member(file: Path, name: str, facts: dict[str, object]) -> None:
    file.write_bytes(member(name, **facts) + file.read_bytes())

    assert "backup" in refused(file)


def test_what_is_no_backup_at_all(file: Path) -> None:
    file.write_bytes(b"x" * 10_000)

    assert refused(file) == "The file is no backup of Rollbook's, or it is damaged."


@pytest.mark.parametrize(("change", "sentence"), REWRITTEN.values(), ids=[*REWRITTEN])
def test_a_backup_that_only_its_checksums_fit(
    file: Path, change: Change, sentence: str
) -> None:
    rewrite(file, change(contents(file)))

    assert sentence in refused(file)


def test_a_forged_backup_is_restored_and_found_out(file: Path) -> None:
    forged = replaced("tables/releases_release.copy", b"Set KEY", b"Set nothing")
    rewrite(file, forged(contents(file)))

    sentence = refusal("restore", file)

    assert sentence.startswith("It is restored, with 2 faults; the first: shop, v3: ")


@pytest.mark.django_db(transaction=True)
def test_a_database_that_has_accounts_already(file: Path) -> None:
    make_user()

    assert refusal("restore", file) == (
        "This database is not empty, and a restore would replace what is in it; restore"
        " into a new ROLLBOOK_HOME or an empty database."
    )
    assert User.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_database_that_has_apps_already(file: Path) -> None:
    app = make_app("shop")

    assert "is not empty" in refusal("restore", file)

    assert App.objects.get() == app


def test_a_database_of_another_version(file: Path) -> None:
    rewrite(file, without_last_migrations(contents(file)))

    assert "by another version of Rollbook" in refused(file)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert refusal("restore", tmp_path / "none") == (
        "The backup cannot be restored: No such file or directory."
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("age", ["", "older"])
def test_an_empty_database_gets_its_tables(
    file: Path, tmp_path: Path, age: str
) -> None:
    if age:
        rewrite(file, without_last_migrations(contents(file)))

    with empty_database(tmp_path / "another") as environment:
        text = manage(environment, "restore", str(file))
        values = json.loads(manage(environment, "config", "shop", "--json"))

    assert ": all is as it was written." in text
    assert values["KEY"] == "s3cr3t-value"


@pytest.mark.django_db(transaction=True)
def test_a_restore_that_is_killed_can_be_done_again(file: Path) -> None:
    home = Path(settings.ROLLBOOK_MASTER_KEY_FILE).parent.parent
    environment = environment_of(str(connection.settings_dict["NAME"]), home)
    process = subprocess.Popen(
        [sys.executable, "-c", STOPPING_BEFORE_THE_COMMIT, file],
        env=environment,
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout
        assert process.stdout.readline() == b"There.\n"
        process.kill()

    assert (User.objects.count(), App.objects.count()) == (1, 0)
    assert ": all is as it was written." in run("restore", file)
    assert config(App.objects.get(name="shop"))["KEY"] == "s3cr3t-value"


STOPPING_BEFORE_THE_COMMIT = """
import os, signal, sys
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
django.setup()
from releases.backups import restoring
def stop(keys):
    print("There.", flush=True)
    signal.pause()
restoring._put_keys_back = stop
with open(sys.argv[1], "rb") as opened:
    restoring.restore_backup(opened, advance=lambda _: None)
"""


@contextmanager
def empty_database(home: Path) -> Iterator[Mapping[str, str]]:
    """Make a database without tables, and give an environment that names it."""
    name = f"{connection.settings_dict['NAME']}_empty"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield environment_of(name, home)
        finally:
            cursor.execute(f"DROP DATABASE {name}")


def environment_of(database: str, home: Path) -> Mapping[str, str]:
    here = connection.settings_dict
    user, host = (quote(here[part], safe="") for part in ("USER", "HOST"))
    return os.environ | {
        "DATABASE_URL": f"postgresql://{user}@/{database}?host={host}&port={here['PORT']}",
        "PGPASSWORD": here["PASSWORD"],
        "ROLLBOOK_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
    }


def manage(environment: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
