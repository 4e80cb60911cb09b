"""Processes killed between two lines: nothing half done is left."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection, transaction

from releases.actors import Actor
from releases.models import Blob, Slug
from releases.operations.roll_back import roll_back
from releases.verification import verify_app
from tests.factories import archive, make_app, make_deploy
from tests.throwaway import make_home

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system()
PATIENCE_IN_SECONDS = 20

SET_UP = """
import os, sys
import django
from django.conf import settings
os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
django.setup()
from releases.actors import Actor
from releases.models import App
app = App.objects.get(name="shop")
"""


@contextmanager
def child(script: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `script` in a process of its own on the test's database and home."""
    database = connection.settings_dict
    user = quote(database["USER"], safe="")
    host = quote(database["HOST"], safe="")
    url = f"postgresql://{user}@/{database['NAME']}?host={host}&port={database['PORT']}"
    environment = os.environ | {
        "DATABASE_URL": url,
        "ROLLBOOK_HOME": str(settings.ROLLBOOK_HOME),
        "PGPASSWORD": database["PASSWORD"],
    }
    process = subprocess.Popen(
        [sys.executable, "-c", SET_UP + script],
        env=environment,
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdin:
            process.stdin.close()


def wait_until_blocked_on(table: str) -> None:
    """Wait until another connection waits for a lock on `table`."""
    deadline = time.monotonic() + PATIENCE_IN_SECONDS
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks"
                " WHERE NOT granted AND relation = %s::regclass",
                [table],
            )
            if cursor.fetchone() != (0,):
                return
    pytest.fail(f"nobody waits for {table}")


def test_a_rollback_killed_in_the_middle_leaves_nothing_and_no_gap() -> None:
    app = make_app("shop")
    for _ in range(3):
        make_deploy(app)
    script = """
from releases.operations.roll_back import roll_back
roll_back(app=app, to=2, actor=Actor.system())
"""

    # Its release is written, and its activity waits for the table: there it is killed.
    with child(script) as process, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE releases_activity IN EXCLUSIVE MODE")
        wait_until_blocked_on("releases_activity")
        process.kill()
        process.wait()

    assert app.releases.count() == 4
    assert roll_back(app=app, to=2, actor=SYSTEM).version == 5
    assert list(verify_app(app.pk)) == []


def test_an_upload_killed_in_the_middle_leaves_nothing() -> None:
    app = make_app("shop")
    half = archive({"app.py": "print()\n" * 1000, "noise": os.urandom(100_000).hex()})
    half = half[: len(half) // 2]
    script = """
from releases.operations.receive_slug import receive_slug
class Slow:
    def read(self, size):
        data = sys.stdin.buffer.read1(size)
        os.write(1, b".")
        return data
receive_slug(app=app, archive=Slow(), actor=Actor.system())
"""

    with child(script) as process:
        assert process.stdin
        process.stdin.write(half)
        process.stdin.flush()
        wait_for_upload()
        process.kill()
        process.wait()
    make_deploy(app)

    assert Slug.objects.count() == 1
    assert Blob.objects.count() == 1
    assert uploads() == []
    assert list(verify_app(app.pk)) == []


def uploads() -> list[str]:
    return [file.name for file in Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir()]


def wait_for_upload() -> None:
    deadline = time.monotonic() + PATIENCE_IN_SECONDS
    while time.monotonic() < deadline:
        if uploads():
            return
        time.sleep(0.01)
    pytest.fail("no upload has begun")


WRITE_ON = """
import django, os
django.setup()
from django.conf import settings
from django.core.management import call_command
from dashboard.postgres.room import open_room
from dashboard.postgres.server import running
with running(settings.ROLLBOOK_HOME):
    call_command("migrate", verbosity=0)
    from releases.actors import Actor
    from releases.operations.change_config import change_config
    from releases.operations.create_app import create_app
    system = Actor.system()
    app = create_app(name="shop", actor=system)
    data = open_room(settings.ROLLBOOK_HOME).data
    print((data / "postmaster.pid").read_text().split()[0], flush=True)
    while True:
        release = change_config(app=app, set_vars={"A": os.urandom(8).hex()}, actor=system)
        print(release.version, flush=True)
"""

LOOK_AFTERWARDS = """
import django
django.setup()
from django.conf import settings
from dashboard.postgres.server import running
with running(settings.ROLLBOOK_HOME):
    from releases.models import App
    from releases.verification import verify_app
    app = App.objects.get()
    print(app.last_version, app.current_release.version, list(verify_app(app.pk)))
"""


def test_what_was_acknowledged_survives_the_kill_of_a_database() -> None:
    home = make_home()
    environment = os.environ | {
        "ROLLBOOK_HOME": str(home),
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
    }

    def run(script: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", script],
            env=environment,
            cwd=settings.BASE_DIR,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    try:
        with run(WRITE_ON) as writer:
            assert writer.stdout
            postmaster = int(writer.stdout.readline())
            acknowledged = [int(writer.stdout.readline()) for _ in range(20)]
            os.kill(postmaster, signal.SIGKILL)
            acknowledged += [int(line) for line in writer.stdout]
        with run(LOOK_AFTERWARDS) as reader:
            assert reader.stdout
            last, current, faults = reader.stdout.read().split(maxsplit=2)
    finally:
        shutil.rmtree(home.parent, ignore_errors=True)

    assert int(last) == int(current) >= acknowledged[-1] >= 21
    assert faults == "[]\n"
