"""Nobody who visits an app sees that it was deployed, or that Caddy was started again."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from runtime.local.router import Router
from tests.machine.processes import wait_until
from tests.runtime.routers import PATIENCE, App, RunningCaddy
from tests.runtime.upstreams import upstream
from tests.runtime.visitors import Visitors, visitors

pytestmark = pytest.mark.machine

SWITCHES, KILLS = 50, 3


def wait_for_visits(crowd: Visitors, number: int = 20) -> None:
    before = len(crowd.visits)
    wait_until(lambda: len(crowd.visits) >= before + number)


def test_fifty_switches_under_load_lose_no_request(caddy: RunningCaddy) -> None:
    app, router = App(), Router()
    with upstream("v1") as one, upstream("v2") as two:
        ports = {"v1": one.port, "v2": two.port}
        router.route([app.route((one.port, 1))])
        caddy.settle()
        with visitors(app.host, caddy.port, each=4) as crowd:
            seen = []
            for number in range(SWITCHES):
                name = f"v{number % 2 + 1}"
                router.route([app.route((ports[name], number + 1))])
                seen.append(caddy.ask(app.host).body == name)
                wait_for_visits(crowd)

    assert crowd.failed() == []
    assert {visit.text for visit in crowd.visits} == {"v1", "v2"}
    assert len(crowd.visits) >= 20 * SWITCHES
    # Whoever comes after a switch is never answered by what was before it.
    assert seen == [True] * SWITCHES


def test_visitors_wait_while_caddy_was_killed_and_is_started_again(
    caddy: RunningCaddy,
) -> None:
    app = App()
    with upstream("here") as server:
        Router().route([app.route((server.port, 1))])
        caddy.settle()
        with visitors(app.host, caddy.port, each=1) as crowd:
            for _ in range(KILLS):
                wait_for_visits(crowd)
                caddy.kill()
                caddy.start()
                wait_for_visits(crowd)

    # Of each of the two visitors, what Caddy had in hand. All others waited.
    assert len(crowd.failed()) <= 2 * KILLS
    assert {visit.text for visit in crowd.visits if visit.status} == {"here"}


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
        caddy.settle()
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
