"""Nobody who visits an app sees that it was deployed, or that Caddy was started again."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

import pytest

from runtime.local.router import Router
from tests.machine.processes import wait_until
from tests.runtime.routers import PATIENCE, App, RunningCaddy
from tests.runtime.upstreams import upstream

pytestmark = pytest.mark.machine

SWITCHES = 50


@dataclass
class Visitor:
    """Asks for an app again and again, on one connection or on a new one each time."""

    caddy: RunningCaddy
    host: str
    keeps_alive: bool
    answers: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def visit(self, is_over: threading.Event) -> None:
        connection = self.caddy.connection()
        while not is_over.is_set():
            try:
                self.answers.append(self._ask(connection))
            except (OSError, HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()
        connection.close()

    def _ask(self, connection: HTTPConnection) -> str:
        connection.request("GET", "/", headers={"Host": self.host})
        response = connection.getresponse()
        body = response.read().decode()
        if not self.keeps_alive:
            connection.close()
        return body if response.status == 200 else f"{response.status} {body}"


@contextmanager
def visitors(
    caddy: RunningCaddy, app: App, *, fresh: int, keeping: int
) -> Iterator[list[Visitor]]:
    crowd = [
        Visitor(caddy, app.host, keeps_alive=number < keeping)
        for number in range(fresh + keeping)
    ]
    is_over = threading.Event()
    threads = [threading.Thread(target=each.visit, args=(is_over,)) for each in crowd]
    for thread in threads:
        thread.start()
    try:
        yield crowd
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def wait_for_answers(crowd: list[Visitor], number: int = 20) -> None:
    """Wait until there are so many more answers, and at least one for everybody."""
    before = [len(each.answers) for each in crowd]
    wait_until(
        lambda: (
            all(
                len(each.answers) > count
                for each, count in zip(crowd, before, strict=True)
            )
            and sum(len(each.answers) for each in crowd) >= sum(before) + number
        )
    )


def test_fifty_switches_under_load_lose_no_request(caddy: RunningCaddy) -> None:
    app, router = App(), Router()
    with upstream("v1") as one, upstream("v2") as two:
        ports = {"v1": one.port, "v2": two.port}
        router.route([app.route((one.port, 1))])
        with visitors(caddy, app, fresh=4, keeping=4) as crowd:
            seen = []
            for number in range(SWITCHES):
                name = f"v{number % 2 + 1}"
                router.route([app.route((ports[name], number + 1))])
                seen.append(caddy.ask(app.host).body == name)
                wait_for_answers(crowd)

    assert [each.failures for each in crowd] == [[]] * 8
    assert {answer for each in crowd for answer in each.answers} == {"v1", "v2"}
    assert sum(len(each.answers) for each in crowd) >= 20 * SWITCHES
    # Whoever comes after a switch is never answered by what was before it.
    assert seen == [True] * SWITCHES


def test_new_visitors_do_not_notice_that_caddy_was_killed_and_started_again(
    caddy: RunningCaddy,
) -> None:
    app = App()
    with upstream("here") as server:
        Router().route([app.route((server.port, 1))])
        with visitors(caddy, app, fresh=1, keeping=0) as [visitor]:
            for _ in range(3):
                wait_for_answers([visitor])
                # One may be lost: the one that it has in hand.
                failed = len(visitor.failures)
                caddy.kill()
                caddy.start()
                wait_for_answers([visitor])
                assert len(visitor.failures) <= failed + 1

    assert set(visitor.answers) == {"here"}


def test_streams_and_websockets_go_on_as_traffic_and_configuration_change(
    caddy: RunningCaddy,
) -> None:
    app, router = App(), Router()
    with upstream("old") as old, upstream("new") as new:
        router.route([app.route((old.port, 1))])
        connection = caddy.connection()
        connection.request("GET", "/stream", headers={"Host": app.host})
        stream = connection.getresponse()
        begins = stream.readline()
        with websocket(caddy, app) as talk:
            first = talk("one")

            router.route([app.route((new.port, 2))])
            router.route([app.route((new.port, 2)), App().route()])

            second = talk("two")
        old.may_go_on.set()
        ends = stream.readline()
        connection.close()
        moved = caddy.ask(app.host).body

    assert (begins, ends) == (b"data: old begins\n", b"data: old ends\n")
    assert (first, second) == ("old heard one", "old heard two")
    assert moved == "new"


class Talk:
    """A connection that is no HTTP any more, after the upgrade."""

    def __init__(self, caddy: RunningCaddy, app: App) -> None:
        self.socket = socket.create_connection(("127.0.0.1", caddy.port), PATIENCE)
        self.file = self.socket.makefile("rwb")
        head = f"GET /socket HTTP/1.1\r\nHost: {app.host}\r\n"
        self._send(f"{head}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert self.file.readline().split()[1] == b"101"
        while self.file.readline().strip():
            pass

    def __call__(self, line: str) -> str:
        self._send(f"{line}\n")
        return self.file.readline().decode().strip()

    def _send(self, text: str) -> None:
        self.file.write(text.encode())
        self.file.flush()

    def close(self) -> None:
        self.file.close()
        self.socket.close()


@contextmanager
def websocket(caddy: RunningCaddy, app: App) -> Iterator[Talk]:
    talk = Talk(caddy, app)
    try:
        yield talk
    finally:
        talk.close()
