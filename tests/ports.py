"""Ports that nothing else on the machine takes, other runs of the tests included.

One that the kernel chose is anybody's again until a server listens at it. So blocks of
ports are claimed, by listening at the first of each.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from socket import create_server, socket

from runtime.ports import is_free

# Neither what the kernel chooses from, nor where apps listen unless told otherwise; and
# Chromium will not open 10080.
FIRST, LAST, SIZE = 11_000, 20_000, 100


def free_port() -> int:
    """Return a port at which nobody listens, another one each time."""
    _, ports = _own_block()
    return next(port for port in ports if is_free(port))


@contextmanager
def block_of_ports() -> Iterator[range]:
    """Have a block for apps that take ports of it as they like."""
    claim, ports = _claim_block()
    with claim:
        yield ports


@cache
def _own_block() -> tuple[socket, Iterator[int]]:
    """Claim one for as long as this process lives."""
    claim, ports = _claim_block()
    return claim, itertools.cycle(ports)


def _claim_block() -> tuple[socket, range]:
    for first in range(FIRST, LAST, SIZE):
        try:
            claim = create_server(("127.0.0.1", first))
        except OSError:
            continue
        return claim, range(first + 1, first + SIZE)
    raise AssertionError("All ports that tests may use are in use.")
