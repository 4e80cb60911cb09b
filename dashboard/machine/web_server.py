"""The web server, gunicorn: started, and asked whether it answers."""

import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from socket import socket
from typing import IO

from django.conf import settings

from dashboard.machine.processes import Child

# How long requests that run may go on; under the ten seconds that containers are given.
GRACE = 7.0
THREADS = 8


@dataclass
class WebServer:
    """gunicorn, with its workers."""

    child: Child

    def ended(self) -> bool:
        return self.child.ended()

    def stop(self) -> None:
        self.child.stop(signal.SIGTERM, patience=GRACE + 2, force=signal.SIGKILL)
        self.child.kill_rest()


def web_server(
    listener: socket,
    *,
    workers: int,
    keep: Sequence[int] = (),
    env: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
) -> WebServer:
    """Serve at the address of `listener` until it is stopped."""
    child = Child(
        [
            *(sys.executable, "-m", "gunicorn", "dashboard.wsgi:application"),
            *("--bind", f"fd://{listener.fileno()}"),
            *("--worker-class", "gthread", "--workers", str(workers)),
            *("--threads", str(THREADS), "--graceful-timeout", str(int(GRACE))),
            # Loaded once for all workers: they start sooner and share the memory.
            "--preload",
            # Our own middleware knows which proxies to believe.
            *("--forwarded-allow-ips", "", "--no-control-socket"),
            *("--log-level", "warning"),
        ],
        death_signal=signal.SIGQUIT,
        env=env,
        cwd=settings.BASE_DIR,
        keep=[listener.fileno(), *keep],
        output=output,
    )
    return WebServer(child)


def answers(listener: socket) -> bool:
    """Whether what serves at the address of `listener` is ready."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    connection = HTTPConnection(host, port, timeout=5)
    try:
        with suppress(OSError, HTTPException):
            connection.request("GET", "/healthz", headers={"Host": "localhost"})
            return connection.getresponse().status == HTTPStatus.OK
    finally:
        connection.close()
    return False
