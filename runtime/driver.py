"""What the reconciler asks of whatever runs processes: start, stop, state, logs, route.

A driver knows nothing of the ledger, and is asked to close a difference again and again
until it is closed: every request may be repeated. The one there is, `runtime.local`, runs
them on this machine; another would have a cluster do so, from the same specifications.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class Spec:
    """A process to run: code, command, environment, and what it is called in logs.

    `once` says that it ends by itself and is not started again. `number` is that of the
    app, of which the system user is made that it runs as.
    """

    id: UUID
    app_id: UUID
    app_name: str
    app_number: int
    name: str
    version: int
    blob: str
    command: str
    environment: Mapping[str, str]
    once: bool = False


class Status(Enum):
    """How a process is doing: about to start again is BACKING_OFF, waiting."""

    RUNNING = "running"
    BACKING_OFF = "backing off"
    ENDED = "ended"


@dataclass(frozen=True)
class Seen:
    """A process that the driver has. `ends` counts how often it ended by itself."""

    status: Status
    since: datetime
    ends: int = 0
    exit_code: int | None = None


@dataclass(frozen=True)
class Upstream:
    """Where requests for an app go: a port of a process, and the release it runs."""

    port: int
    version: int


@dataclass(frozen=True)
class Route:
    """An app in the router. Without upstreams it says why there is nothing to reach."""

    app_id: UUID
    hosts: Sequence[str]
    upstreams: Sequence[Upstream]
    in_maintenance: bool = False
    explanation: str = ""


@dataclass(frozen=True)
class Traffic:
    """What the router answered for a release of late: requests, and those that failed."""

    requests: int = 0
    failed: int = 0


class NotReady(Exception):
    """What it takes is not there yet, or does not answer; ask again in a moment."""


class Driver(Protocol):
    """Runs processes. Every method may raise NotReady, and none waits for long."""

    def seen(self) -> Mapping[UUID, Seen]:
        """Return all processes it has, by their id."""

    def is_prepared(self, spec: Spec) -> bool:
        """Whether the code is in place for it to start; if not, put it there meanwhile.

        Raises OperationRefused for code that cannot be had.
        """

    def start(self, spec: Spec) -> None:
        """Start a process that is prepared, unless it is there already."""

    def stop(self, process_id: UUID) -> None:
        """Ask a process to end, and make it; `seen` has it until it is gone."""

    def forget(self, process_id: UUID) -> None:
        """Remove all that is kept of a process that ended: its copy of the code."""

    def keep_ready(self, blobs: Mapping[str, int]) -> None:
        """Keep code unpacked, with so many copies each for processes to come; no other."""

    def route(self, routes: Sequence[Route]) -> None:
        """Send traffic so from now on, all of it in one change."""

    def requests_to(self, port: int) -> int:
        """Return how many requests a process is answering."""

    def traffic(self, app_id: UUID, version: int) -> Traffic:
        """Return what the router answered for a release in the last minutes."""

    def last_lines(self, app_id: UUID, name: str, version: int, most: int) -> list[str]:
        """Return the newest lines that a process printed, oldest first, bare of times."""
