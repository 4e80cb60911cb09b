"""The embedded PostgreSQL's launcher: odd places, crashes, and other people."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from dashboard.machine.errors import CannotStart
from dashboard.postgres.room import server_user, socket_folder
from dashboard.postgres.server import running, start
from tests.machine.processes import (
    ROOT,
    children,
    family,
    gone,
    manage,
    processes,
    wait_until,
)
from tests.throwaway import make_home

pytestmark = pytest.mark.machine

Connection = psycopg.Connection[tuple[object, ...]]


def connect(home: Path, role: str = "rollbook") -> Connection:
    return psycopg.connect(
        host=str(socket_folder(home)),
        port=5432,
        user=role,
        dbname="rollbook",
        requirepeer=server_user(),
        autocommit=True,
    )


@pytest.fixture(scope="module")
def original() -> Iterator[Path]:
    """The folder of a database that holds one table."""
    home = make_home()
    with running(home, durable=False), connect(home) as connection:
        connection.execute("CREATE TABLE kept (text text)")
    yield home.parent / "postgres"
    shutil.rmtree(home.parent)


@pytest.fixture
def made(home: Path, original: Path) -> Path:
    """A home with a copy of that database: making one takes a second."""
    copy = home.parent / "postgres"
    subprocess.run(["cp", "-a", original, copy], check=True)  # noqa: S607
    return home


@pytest.fixture
def named_home(home: Path, request: pytest.FixtureRequest) -> Path:
    """A home that is called as the test says, database included."""
    place = home.parent / str(request.param)
    place.mkdir(mode=0o711, parents=True)
    named = place / "home"
    named.mkdir(mode=0o700)
    (named / "postgres").symlink_to(place / "database")
    for folder in place.relative_to(home.parent).parents:
        (home.parent / folder).chmod(0o711)
    return named


def test_the_product_is_no_superuser_and_nobody_signs_in_as_one(made: Path) -> None:
    with running(made, durable=False), connect(made) as connection:
        role = connection.execute(
            "SELECT rolsuper, rolcreaterole, rolbypassrls, datname"
            " FROM pg_roles JOIN pg_database ON datdba = pg_roles.oid"
            " WHERE rolname = current_user AND datname = current_database()"
        ).fetchone()
        with pytest.raises(psycopg.OperationalError, match=r"no pg_hba.conf entry"):
            connect(made, "postgres")
        addresses = connection.execute("SHOW listen_addresses").fetchone()

    assert role == (False, False, False, "rollbook")
    assert addresses == ("",)


@pytest.mark.parametrize(
    "named_home",
    [
        "with space, 'quotes\" and ünïcode",
        "/".join(["a long way down"] * 20),
    ],
    indirect=True,
    ids=["odd", "long"],
)
def test_it_runs_wherever_the_home_is(named_home: Path) -> None:
    with running(named_home, durable=False), connect(named_home) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)

    # Nothing stays behind in the temporary folder either.
    assert list(socket_folder(named_home).glob("*")) == []


def test_a_squatted_socket_folder_is_refused(home: Path) -> None:
    long_home = home / ("x" * 200)
    long_home.mkdir(mode=0o700)
    (long_home / "postgres").symlink_to(home.parent / "postgres")
    squatted = socket_folder(long_home)
    squatted.mkdir(mode=0o777)
    squatted.chmod(0o777)

    with pytest.raises(CannotStart, match="is not a private folder"):
        start(long_home)

    squatted.rmdir()


def test_what_an_interruption_left_half_made_is_made_again(home: Path) -> None:
    half = home.parent / "postgres" / "data.new"
    half.mkdir(parents=True)
    half.parent.chmod(0o711)
    (half / "PG_VERSION").write_text("18\n")

    with running(home, durable=False), connect(home) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)

    assert not half.exists()


def test_a_crash_loses_nothing_committed_and_the_next_start_recovers(
    made: Path,
) -> None:
    server = start(made)
    with connect(made) as connection:
        connection.execute("INSERT INTO kept VALUES ('this')")
    os.kill(server.child.pid, signal.SIGKILL)
    server.stop()

    with running(made), connect(made) as connection:
        assert connection.execute("SELECT text FROM kept").fetchall() == [("this",)]


def test_a_number_left_behind_that_is_another_process_now_does_not_matter(
    made: Path,
) -> None:
    (made / "postgres" / "data" / "postmaster.pid").write_text(f"{os.getppid()}\n")

    with running(made, durable=False), connect(made) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_who_comes_second_shares_it_and_the_first_waits_for_them(made: Path) -> None:
    first, second = ExitStack(), ExitStack()
    first.enter_context(running(made, durable=False))
    (server,) = [
        pid for pid, args in children(os.getpid()).items() if str(made.parent) in args
    ]
    second.enter_context(running(made, durable=False))

    leaving = threading.Thread(target=first.close)
    leaving.start()
    with connect(made) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert leaving.is_alive()
    second.close()
    leaving.join()

    assert gone({server})


def test_it_ends_with_who_started_it_even_by_kill(made: Path) -> None:
    script = (
        "import pathlib, sys\n"
        "from dashboard.postgres.server import start\n"
        "server = start(pathlib.Path(sys.argv[1]), durable=False)\n"
        "print('started', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, made],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as starter:
        assert starter.stdout
        assert starter.stdout.readline() == b"started\n"
        started = family(starter.pid)
        starter.kill()
        starter.wait()

        wait_until(lambda: gone(started))
    log = (made / "postgres" / "log").read_text(encoding="utf-8")
    assert "database system is shut down" in log


def test_a_guard_does_the_same_where_the_kernel_does_not() -> None:
    script = (
        "import signal, sys\n"
        "from dashboard.machine.processes import Child\n"
        "child = Child(['sleep', '600'], death_signal=signal.SIGINT, guarded=True)\n"
        "print('started', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as starter:
        assert starter.stdout
        assert starter.stdout.readline() == b"started\n"
        started = family(starter.pid)
        assert len(started) == 3
        starter.kill()
        starter.wait()

        wait_until(lambda: gone(started))


def test_a_database_that_does_not_start_says_why(made: Path) -> None:
    (made / "postgres" / "data" / "PG_VERSION").write_text("9.6\n")

    with pytest.raises(CannotStart, match=r"initialized by PostgreSQL version 9\.6"):
        start(made)


def test_a_command_has_it_for_its_own_time(home: Path) -> None:
    done = manage(home, "migrate", "--verbosity=0")

    assert (done.returncode, done.stderr) == (0, "")
    assert not any(str(home.parent) in command for _, command in processes().values())
    assert home.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "command",
    [["help"], ["migrate", "--help"], ["makemigrations", "--check"], ["check"]],
)
def test_a_command_that_needs_none_starts_none(home: Path, command: list[str]) -> None:
    done = manage(home, *command)

    assert (done.returncode, done.stderr) == (0, "")
    assert not (home / "postgres" / "data").exists()
