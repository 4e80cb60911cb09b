"""Real processes: Rollbook as bin/up runs it, and what there is under it."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Self

from dashboard.postgres.room import server_user
from dashboard.postgres.server import start
from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
SETTINGS = re.compile(r"ROLLBOOK_|DATABASE_URL$|DJANGO_|HOST$|PORT$")
# Many tests run at the same time, beside whatever else a machine does.
PATIENCE = 120.0


def environment(home: Path, settings: Mapping[str, str]) -> Mapping[str, str]:
    """What a shell would have that knows of Rollbook just what is given."""
    own = {name: text for name, text in os.environ.items() if not SETTINGS.match(name)}
    # Apps run in the tests of the runtime alone: a router has one port of a machine.
    return {
        **own,
        "ROLLBOOK_HOME": str(home),
        "ROLLBOOK_RUNTIME": "false",
        **settings,
    }


def wait_until(claim: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not claim():
        assert time.monotonic() < deadline, "It did not come true."
        time.sleep(0.02)


def processes() -> dict[int, tuple[int, str]]:
    """Return every living process: its number, its parent's, and its command."""
    lines = subprocess.run(
        ["ps", "-ww", "-eo", "pid=,ppid=,stat=,args="],  # noqa: S607  # wherever it is
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    fields = [line.split(None, 3) for line in lines]
    return {
        int(pid): (int(parent), args[0])
        for pid, parent, state, *args in fields
        if args and not state.startswith("Z")
    }


def children(pid: int) -> dict[int, str]:
    return {
        child: command
        for child, (parent, command) in processes().items()
        if parent == pid
    }


def family(pid: int) -> set[int]:
    there, found = processes(), {pid}
    while (
        more := {each for each, (parent, _) in there.items() if parent in found} - found
    ):
        found |= more
    return found


def gone(pids: set[int]) -> bool:
    return pids.isdisjoint(processes())


@dataclass
class Up:
    """A running bin/up, without the part that installs Python packages."""

    home: Path
    process: subprocess.Popen[str]
    output: Path
    port: int

    @property
    def web_server(self) -> int:
        return self._child("gunicorn")

    @property
    def worker(self) -> int:
        return min(children(self.web_server))

    @property
    def postmaster(self) -> int:
        return self._child("postgres")

    def _child(self, command: str) -> int:
        (child,) = (
            child
            for child, args in children(self.process.pid).items()
            if command in args
        )
        return child

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")


class OtherDatabase:
    """A server of someone else's, that can go away and come back."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __enter__(self) -> Self:
        self.server = start(self.home, durable=False)
        self.url = (
            f"postgresql:///rollbook?host={self.server.room.sockets}&user=rollbook"
            f"&requirepeer={server_user()}"
        )
        return self

    def __exit__(self, *failure: object) -> None:
        self.server.stop()

    @contextmanager
    def away(self) -> Iterator[None]:
        self.server.stop()
        yield
        self.server = start(self.home, durable=False)


@dataclass
class Stopped:
    home: Path
    code: int
    left: set[int]
    database_log: str


@dataclass
class Elsewhere:
    up: Up
    database: OtherDatabase
    refused: str


@contextmanager
def up(
    home: Path,
    *arguments: str,
    settings: Mapping[str, str] | None = None,
    ready: bool = True,
) -> Iterator[Up]:
    port = free_port()
    said = home.parent / "output"
    with said.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboard.machine.up", *arguments],
            cwd=ROOT,
            env=environment(home, {"PORT": str(port), **(settings or {})}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
            # A terminal's Ctrl-C goes to the whole group: so can ours, and only to it.
            start_new_session=True,
        )
        running = Up(home, process, said, port)
        try:
            if ready:
                wait_until(
                    lambda: " ready " in running.said() or process.poll() is not None
                )
                assert process.poll() is None, running.said()
            yield running
        finally:
            process.terminate()
            process.wait(PATIENCE)


def refusal(
    home: Path, *arguments: str, settings: Mapping[str, str] | None = None
) -> str:
    """Return what a bin/up says that does not start."""
    with up(home, *arguments, settings=settings, ready=False) as refused:
        assert refused.process.wait(PATIENCE) != 0
        return refused.said()


def manage(
    home: Path, *arguments: str, settings: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *arguments],
        cwd=home.parent,
        env=environment(home, settings or {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
