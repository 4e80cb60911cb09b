"""A real Caddy, started as bin/up starts it, and visitors of the apps behind it."""

import json
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPMessage, RemoteDisconnected
from socket import create_server, socket
from uuid import UUID, uuid4

from django.conf import settings

from dashboard.machine.locks import private_file
from dashboard.machine.processes import Child
from runtime.driver import Route, Upstream
from runtime.local.caddy import Launch, launch
from tests.machine.processes import wait_until

PATIENCE = 30.0


@dataclass(frozen=True)
class Answer:
    status: int
    headers: HTTPMessage
    body: str


@dataclass
class RunningCaddy:
    """A Caddy behind a listening socket that is ours, and outlives it."""

    plan: Launch
    sockets: tuple[socket, ...]
    child: Child = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    @property
    def port(self) -> int:
        port: int = self.sockets[0].getsockname()[1]
        return port

    def start(self) -> None:
        with private_file(self.plan.output) as output:
            self.child = Child(
                self.plan.command,
                death_signal=signal.SIGTERM,
                user=self.plan.user,
                env=self.plan.env,
                cwd=self.plan.cwd,
                keep=[each.fileno() for each in self.sockets],
                output=output,
            )

    def kill(self) -> None:
        self.child.process.kill()
        self.child.process.wait()

    def stop(self) -> None:
        self.child.stop(signal.SIGTERM, patience=PATIENCE, force=signal.SIGKILL)

    def connection(self) -> HTTPConnection:
        """Return a connection that no change of the configuration can cut off any more."""
        self.settle()
        return self._connection()

    def settle(self) -> None:
        """Wait until the configuration before the last change accepts nothing more.

        As any server in Go that shuts down, it closes what it just accepted unanswered.
        """
        for _ in range(10):
            self.ask("nobody.localhost")

    def ask(
        self,
        host: str,
        path: str = "/",
        *,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask on a connection of its own, again where that was closed unanswered."""
        connection = self._connection()
        try:
            connection.request(method, path, body, {"Host": host, **(headers or {})})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read().decode())
        except (RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            return self.ask(host, path, method=method, body=body, headers=headers)
        finally:
            connection.close()

    def _connection(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)


@contextmanager
def running_caddy(*, secure: bool = False) -> Iterator[RunningCaddy]:
    """Run a Caddy in the router's folder of the settings."""
    with ExitStack() as stack:
        sockets = tuple(
            stack.enter_context(create_server(("127.0.0.1", 0), backlog=1024))
            for _ in range(2 if secure else 1)
        )
        running = RunningCaddy(launch(*(each.fileno() for each in sockets)), sockets)
        stack.callback(running.stop)
        # Its socket is listened at before it is there.
        wait_until(
            lambda: (
                running.child.ended()
                or (settings.ROUTER_FOLDER / "run" / "admin.sock").exists()
            )
        )
        assert not running.child.ended(), running.plan.output.read_text("utf-8")
        yield running


@dataclass(frozen=True)
class App:
    """An app as the router has to do with it."""

    id: UUID = field(default_factory=uuid4)

    @property
    def host(self) -> str:
        return f"app-{self.id.hex[:12]}.localhost"

    def route(
        self,
        *upstreams: tuple[int, int],
        hosts: Sequence[str] = (),
        in_maintenance: bool = False,
        explanation: str = "",
    ) -> Route:
        """Return the route of the app to ports of versions."""
        return Route(
            app_id=self.id,
            hosts=tuple(hosts) or (self.host,),
            upstreams=tuple(Upstream(*each) for each in upstreams),
            in_maintenance=in_maintenance,
            explanation=explanation,
        )


def log_lines(app: App, number: int) -> list[dict[str, object]]:
    """Return what the router wrote of requests to an app, once it is so many lines."""
    path = settings.ROUTER_FOLDER / "log" / f"{app.id}.json"
    wait_until(lambda: path.exists() and len(path.read_bytes().splitlines()) >= number)
    return [json.loads(line) for line in path.read_bytes().splitlines()]
