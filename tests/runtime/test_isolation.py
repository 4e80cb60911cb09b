"""What a process of an app can get at: its own files, and nothing of Rollbook's."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest
from pytest_django import Settings

from dashboard.postgres.room import socket_folder
from dashboard.postgres.server import running
from runtime.local.processes import FIRST_USER
from tests.machine.processes import ROOT, wait_until
from tests.runtime.supervised import CODE, Supervised, supervised

pytestmark = pytest.mark.machine

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="It takes root.")
NOBODY = 65_534
PYTEST = ("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider")

FOR_ALL = (
    "test_copies.py",
    "test_processes.py",
    "test_survival.py::test_a_launcher_killed_is_replaced_and_so_is_all_it_had",
)

# Tries all that can be done with a path; prints what could be done.
TRY = """
import json, os, socket, sys

def connect(path):
    socket.socket(socket.AF_UNIX).connect(path)

def write(path):
    open(path, "a").close()

def list_or_read(path):
    return os.listdir(path) if os.path.isdir(path) else open(path, "rb").read()

for path in json.loads(sys.argv[1]):
    for attempt in (list_or_read, write, connect, os.unlink):
        try:
            attempt(path)
        except OSError:
            continue
        print(attempt.__name__, path)
print("tried")
"""


@as_root
def test_each_app_is_a_user_of_its_own(run: Supervised, settings: Settings) -> None:
    settings.PROCESS_TASKS = 77
    ids = "id -u; id -g; id -G; ulimit -u; grep CapEff /proc/self/status | cut -f 2"

    found = {number: run.run(ids, app_number=number) for number in (7, 8)}

    assert found == {
        number: [*[str(FIRST_USER + number)] * 3, "77", "0" * 16] for number in (7, 8)
    }


@as_root
def test_what_is_not_an_apps_own_is_closed_to_it(run: Supervised) -> None:
    """Another app's files and processes; Rollbook's home, keys, database and sockets."""
    home = run.folder.parent
    other = run.start("echo secret > own; exec sleep 600", app_number=8)
    wait_until((run.home(other) / "own").exists)
    (home / "keys").mkdir()
    (home / "keys" / "master.key").write_text("secret")
    code = run.home(other).parent.parent
    with running(home, durable=False):
        closed = [
            *(home, home / "keys", home / "keys" / "master.key"),
            *(socket_folder(home), socket_folder(home) / ".s.PGSQL.5432"),
            socket_folder(home).resolve() / ".s.PGSQL.5432",
            *(run.folder, run.folder / "supervisor" / "socket"),
            *(run.log(other), run.place(other).spec),
            *(run.home(other), run.home(other) / "own", run.home(other).parent),
            *(code, code / "unpacked", code / "unpacked" / other.blob),
            *(Path(f"/proc/{pid}/environ") for pid in run.pids(other)),
            Path(f"/proc/{run.launcher(other)}/environ"),
            Path(f"/proc/{run.program.pid}/environ"),
        ]
        assert all(each.exists() for each in closed)
        given = json.dumps([str(each) for each in closed])

        lines = run.run(
            f"python3 try.py '{given}'; kill -9 {run.launcher(other)}"
            f" {min(run.pids(other))} 2>/dev/null || echo not killed",
            files={**CODE, "try.py": TRY},
            app_number=7,
        )

    assert lines == ["tried", "not killed"]


def test_its_own_copy_is_open_to_it(run: Supervised) -> None:
    files = {**CODE, "try.py": TRY}

    lines = run.run("python3 try.py '[\"hello.txt\"]'", files=files)

    assert lines == [
        "list_or_read hello.txt",
        "write hello.txt",
        "unlink hello.txt",
        "tried",
    ]


@pytest.mark.parametrize(
    "name",
    ["o dd %(x)s %% [1] {2} \"3\" '4' #5 ;6 $7 `8` \\9 é", "long" * 50],
    ids=["odd", "long"],
)
def test_a_home_may_have_any_name(name: str) -> None:
    with supervised(name) as run:
        spec = run.start("echo up; exec sleep 600")
        run.prints(spec, "up")
        before = run.pids(spec)

        run.kill()
        run.begin()

        wait_until(lambda: run.pids(spec).isdisjoint(before) and run.pids(spec))
        run.stop(spec)
        assert run.lines(spec) == ["up", "up"]


@as_root
def test_a_plain_user_runs_apps_too() -> None:
    """All that holds for processes holds there, but for users of their own."""
    folder = Path(tempfile.mkdtemp(prefix="rollbook-tests-"))
    os.chown(folder, NOBODY, NOBODY)
    tests = (f"tests/runtime/{each}" for each in FOR_ALL)
    try:
        done = as_nobody(plain_python(folder), *PYTEST, *tests)
    finally:
        shutil.rmtree(folder)

    assert done.returncode == 0, done.stdout


def plain_python(folder: Path) -> Path:
    """Return an interpreter with all that is installed here, for a user who is not root."""
    minor = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for base in (Path(sys.executable).resolve(), Path("/usr/bin") / minor):
        as_nobody(base, "-m", "venv", "--without-pip", "--clear", folder)
        python = folder / "bin" / "python"
        packages = folder / "lib" / minor / "site-packages"
        if packages.is_dir():
            (packages / "ours.pth").write_text(sysconfig.get_path("purelib"))
            if as_nobody(python, "-c", "import django, pytest").returncode == 0:
                return python
    pytest.skip("There is no Python here that a user other than root may run.")


def as_nobody(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        # Which says so where there is no way to the command.
        ["/usr/bin/env", *command],
        cwd=ROOT,
        env={"PATH": os.defpath, "LANG": "C.UTF-8"},
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
