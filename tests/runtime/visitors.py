"""Visitors of an app who never stop asking, and remember every answer."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException


@dataclass(frozen=True)
class Visit:
    """What was asked and answered, and between which two moments."""

    began: float
    ended: float
    status: int
    text: str


@dataclass
class Visitors:
    """Some keep their connection, as browsers do; some make a new one each time."""

    host: str
    port: int
    visits: list[Visit] = field(default_factory=list)
    _is_over: threading.Event = field(default_factory=threading.Event)

    def visit(self, *, keep_alive: bool) -> None:
        connection: HTTPConnection | None = None
        while not self._is_over.is_set():
            connection = connection or HTTPConnection(
                "127.0.0.1", self.port, timeout=20
            )
            began = time.monotonic()
            try:
                connection.request("GET", "/", headers={"Host": self.host})
                response = connection.getresponse()
                status, text = response.status, response.read().decode()
            except (OSError, HTTPException) as error:
                status, text = 0, repr(error)
            self.visits.append(Visit(began, time.monotonic(), status, text))
            if not keep_alive or status == 0:
                connection.close()
                connection = None
            # Steady rather than as fast as it goes: the apps share the machine.
            self._is_over.wait(0.005)
        if connection:
            connection.close()

    def failed(self) -> list[Visit]:
        return [visit for visit in self.visits if visit.status != 200]

    def stop(self) -> None:
        self._is_over.set()


@contextmanager
def visitors(host: str, port: int, *, each: int) -> Iterator[Visitors]:
    """Have so many visitors of each kind, meanwhile."""
    crowd = Visitors(host, port)
    threads = [
        threading.Thread(target=crowd.visit, kwargs={"keep_alive": keep_alive})
        for keep_alive in (True, False)
        for _ in range(each)
    ]
    for thread in threads:
        thread.start()
    try:
        yield crowd
    finally:
        crowd.stop()
        for thread in threads:
            thread.join()


def can_connect(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False
