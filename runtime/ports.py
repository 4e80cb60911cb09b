"""Ports for processes to listen at: of a range of ours, used by nobody."""

import socket
from collections.abc import Iterable

from releases.errors import OperationRefused


def free_port(ports: range, taken: Iterable[int], *, after: int) -> int:
    """Return a port that is not `taken` and that nobody listens at.

    Looks from `after` on and begins anew at the end, so that one which was just given up
    is not at once another process's. Raises OperationRefused when there is none left.
    """
    used = set(taken)
    first = after + 1 if after + 1 in ports else ports.start
    for port in (*range(first, ports.stop), *range(ports.start, first)):
        if port not in used and is_free(port):
            return int(port)
    raise OperationRefused(
        f"No port from {ports.start} to {ports.stop - 1} is free for another process:"
        " set ROLLBOOK_APP_PORTS to a wider range.",
        code="no_port",
    )


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("", port))
        except OSError:
            return False
    return True
