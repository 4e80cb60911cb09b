"""Rollbook as bin/up runs it, apps and all, in the hands of a program with a token."""

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from dashboard.postgres.room import server_user, socket_folder
from tests.factories import archive
from tests.machine.processes import (
    Up,
    children,
    manage,
    up,
    wait_until,
)
from tests.ports import block_of_ports, free_port
from tests.throwaway import make_home

ADA = "ada@example.com"
ACCEPT = "application/vnd.heroku+json; version=3"
ANSWER_WITHIN = 20.0
# Shorter than anybody would wait for a test.
SETTINGS = {
    "ROLLBOOK_RUNTIME": "true",
    "ROLLBOOK_READY_WITHIN": "10",
    "ROLLBOOK_DRAIN_FOR": "3",
    "ROLLBOOK_RELEASE_PHASE_LASTS": "3",
}


@dataclass
class Answer:
    status: int
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def fetch(
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    request = Request(url, body, headers or {}, method=method)  # noqa: S310  # its own
    try:
        with urlopen(request, timeout=60) as response:  # noqa: S310  # its own
            return Answer(response.status, response.read().decode())
    except HTTPError as error:
        return Answer(error.code, error.read().decode())


@dataclass
class Stage:
    """A running Rollbook, its router's port, and what is done to it from outside."""

    up: Up
    router_port: int
    settings: Mapping[str, str]

    @property
    def database_url(self) -> str:
        """Return the address of its database, for another machine so to say."""
        return (
            f"postgresql:///rollbook?host={socket_folder(self.up.home)}&user=rollbook"
            f"&requirepeer={server_user()}"
        )

    def manage(self, *arguments: str) -> str:
        done = manage(self.up.home, *arguments, settings=self.settings)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @cached_property
    def token(self) -> str:
        self.manage("create_user", ADA, "--generate")
        return self.manage("create_token", ADA)

    def call(self, method: str, path: str, body: object = None) -> Answer:
        return fetch(
            f"http://127.0.0.1:{self.up.port}{path}",
            method,
            None if body is None else json.dumps(body).encode(),
            {
                "Accept": ACCEPT,
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
            },
        )

    def app(self, name: str = "") -> "AppOnStage":
        made = self.call("POST", "/apps", {"name": name} if name else {})
        assert made.status == 201, made.body
        return AppOnStage(self, made.json["name"], made.json["id"])

    def child(self, word: str) -> int:
        """Return the process of ours with that word in its command."""
        [found] = [
            pid
            for pid, command in children(self.up.process.pid).items()
            if word in command
        ]
        return found

    def kill(self, word: str) -> None:
        os.kill(self.child(word), signal.SIGKILL)


@dataclass
class Gate:
    """A file that a process can wait for, in its command. It is not there at first."""

    path: Path

    @property
    def held(self) -> str:
        return f"while ! [ -e {self.path} ]; do sleep 0.05; done"

    def open(self) -> None:
        self.path.touch()

    def close(self) -> None:
        self.path.unlink()


@dataclass
class AppOnStage:
    stage: Stage
    name: str
    id: str

    def get(self, path: str = "/", *, timeout: float = ANSWER_WITHIN) -> Answer:
        """Ask the app for a page, through the router, on a connection of its own."""
        connection = HTTPConnection(
            "127.0.0.1", self.stage.router_port, timeout=timeout
        )
        try:
            connection.request("GET", path, headers={"Host": self.host})
            response = connection.getresponse()
            return Answer(response.status, response.read().decode())
        except (OSError, HTTPException) as error:
            return Answer(0, repr(error))
        finally:
            connection.close()

    @property
    def host(self) -> str:
        return f"{self.name}.localhost"

    def api(self, method: str, path: str = "", body: object = None) -> Answer:
        return self.stage.call(method, f"/apps/{self.name}{path}", body)

    def slug(self, files: Mapping[str, str]) -> str:
        made = self.api("POST", "/slugs", {"process_types": {}}).json
        sent = fetch(made["blob"]["url"], "PUT", archive(files), {})
        assert sent.status == 200, sent.body
        return str(made["id"])

    def release(self, files: Mapping[str, str]) -> int:
        """Begin a deploy of these files; its version."""
        return self._version(self.api("POST", "/releases", {"slug": self.slug(files)}))

    def deploy(self, files: Mapping[str, str]) -> int:
        """Deploy these files and wait until they are live; the version."""
        return self.live(self.release(files))

    def config(self, **values: str | None) -> int:
        changed = self.api("PATCH", "/config-vars", values)
        assert changed.status == 200, changed.body
        return self.live(self.newest()["version"])

    def begin_rollback(self, version: int) -> int:
        return self._version(self.api("POST", "/releases", {"release": f"v{version}"}))

    def roll_back(self, version: int) -> int:
        return self.live(self.begin_rollback(version))

    def newest(self) -> Any:
        found = self.stage.call("GET", f"/apps/{self.name}/releases").json
        return max(found, key=lambda release: release["version"])

    def info(self, version: int) -> Any:
        return self.api("GET", f"/releases/{version}").json

    def settled(self, version: int) -> Any:
        """Wait until a release has settled, and return it."""
        return self.when(
            lambda: self.info(version), lambda release: release["status"] != "pending"
        )

    def live(self, version: int) -> int:
        release = self.settled(version)
        assert release["status"] == "succeeded", (release, self.output(version))
        return version

    def failed(self, version: int) -> str:
        """Wait until a release has failed, and return what is said of it."""
        release = self.settled(version)
        assert release["status"] == "failed", release
        return self.output(version)

    def output(self, version: int) -> str:
        url = self.info(version)["output_stream_url"]
        return fetch(url).body if url else ""

    def processes(self) -> dict[str, str]:
        """Return the state of each process by its name."""
        found = self.api("GET", "/dynos").json
        return {each["name"]: each["state"] for each in found}

    def with_idle(self) -> dict[str, str]:
        """Return the state of all processes there are, by their id."""
        found = json.loads(self.stage.manage("ps", self.name, "--json"))
        return {each["id"]: each["state"] for each in found}

    def one_waits(self) -> set[str]:
        """Wait until one web process is up and one waits idle; the id of that."""
        found = self.when(
            self.with_idle, lambda states: sorted(states.values()) == ["idle", "up"]
        )
        return {each for each, state in found.items() if state == "idle"}

    def gate(self, name: str = "gate") -> Gate:
        return Gate(self.stage.up.home.parent / f"{self.name}-{name}")

    def prints(self, name: str, lines: list[str]) -> None:
        """Wait until all that a process printed is this."""
        word = f" app[{name}]: "
        self.when(
            lambda: [
                line.split(word)[1]
                for line in self.stage.manage(
                    "logs", self.name, "--process", name
                ).splitlines()
                if word in line
            ],
            lambda found: found == lines,
        )

    def answers(self, text: str) -> None:
        """Wait until the app answers with this text."""
        wait_until(lambda: self.get() == Answer(200, text))

    @staticmethod
    def when(read: Callable[[], Any], claim: Callable[[Any], bool]) -> Any:
        give_up = time.monotonic() + 60
        while not claim(found := read()):
            assert time.monotonic() < give_up, found
            time.sleep(0.02)
        return found

    def _version(self, made: Answer) -> int:
        assert made.status == 201, made.body
        return int(made.json["version"])


@contextmanager
def staged(*arguments: str, **settings: str) -> Iterator[Stage]:
    """Start a bin/up that runs apps, in a home of its own, with these arguments."""
    home, port = make_home(), free_port()
    with block_of_ports() as ports:
        given = {
            **SETTINGS,
            "ROUTER_PORT": str(port),
            "ROLLBOOK_APP_PORTS": f"{ports.start}-{ports.stop - 1}",
            **settings,
        }
        with up(home, *arguments, settings=given) as running:
            yield Stage(running, port, given)
    shutil.rmtree(home.parent)


def processes_with(marker: str) -> set[int]:
    """Return the processes that have NAME=VALUE in their environment."""
    pids = {int(folder.name) for folder in Path("/proc").glob("[0-9]*")}
    return {pid for pid in pids if marker in environment_of(pid)}


def environment_of(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/environ").read_text(errors="replace").split("\0")
    except OSError:
        return []
