"""What runs of an app, as pages show it: each process in its state, and all in a line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.utils import timezone

from dashboard.times import Moment, counted, moment
from releases.live import Running
from releases.models import Process
from releases.models.running import ONCE, ONE_OFF

State = Process.State
# Each with its class and its icon.
SIGNS = {
    State.UP: ("good", "check"),
    State.STARTING: ("off", "clock"),
    State.STOPPING: ("off", "clock"),
    State.IDLE: ("off", "clock"),
    State.CRASHED: ("bad", "warn"),
}
SOON, LATER = "every 1s", "every 5s"


@dataclass(frozen=True)
class ProcessRow:
    """A process, or the place of one that is not there yet: that has no release."""

    name: str
    command: str
    state: str
    css: str
    icon: str
    since: Moment | None = None
    version: int | None = None
    notes: Sequence[str] = ()
    message: str = ""
    can_restart: bool = False
    can_stop: bool = False


@dataclass(frozen=True)
class Tally:
    """How many processes of a type are in a state."""

    words: str
    css: str
    icon: str


@dataclass(frozen=True)
class Processes:
    """All that runs. `asks` is when to look again, "" if nothing changes by itself.

    `seen` names what is shown: asking again with it is answered only by something else.
    """

    rows: Sequence[ProcessRow]
    idle: Sequence[ProcessRow]
    asks: str
    seen: str


def processes_of(running: Running, now: datetime) -> Processes:
    rows = [_row(process, now) for process in running.serving]
    rows += [_missing(name) for name in running.missing]
    rows.sort(key=lambda row: (row.name.partition(".")[0], len(row.name), row.name))
    idle = [_row(process, now) for process in running.idle]
    shown = repr([(row.name, row.state, row.since, row.notes) for row in rows + idle])
    return Processes(
        rows=rows,
        idle=idle,
        asks=SOON if running.is_moving else LATER if running.has_crashed else "",
        seen=sha256(shown.encode()).hexdigest()[:16],
    )


def tallies_of(running: Running) -> list[Tally]:
    """Say how many of each type are in which state, what is up first."""
    counts: dict[tuple[str, State], int] = {}
    for process in running.serving:
        if process.process_type not in ONCE:
            key = (process.process_type, State(process.state))
            counts[key] = counts.get(key, 0) + 1
    for name in running.missing:
        key = (name.partition(".")[0], State.STARTING)
        counts[key] = counts.get(key, 0) + 1
    order = [*SIGNS]
    return [
        Tally(f"{process_type}: {number} {state.label.lower()}", *SIGNS[state])
        for (process_type, state), number in sorted(
            counts.items(), key=lambda item: (item[0][0], order.index(item[0][1]))
        )
    ]


def _row(process: Process, now: datetime) -> ProcessRow:
    state = State(process.state)
    css, icon = SIGNS[state]
    return ProcessRow(
        name=str(process),
        command=process.command,
        state=str(state.label),
        css=css,
        icon=icon,
        since=moment(process.state_at, now),
        version=process.release.version,
        notes=[*_notes(process)],
        message=process.message,
        can_restart=process.process_type not in ONCE and state != State.STOPPING,
        can_stop=process.process_type == ONE_OFF and state != State.STOPPING,
    )


def _missing(name: str) -> ProcessRow:
    return ProcessRow(name, "", "About to start", "off", "clock")


def _notes(process: Process) -> Iterator[str]:
    if process.restarts:
        yield f"started again {counted(process.restarts, 'time')}"
    if process.restart_asked_at and process.state != State.STOPPING:
        yield "to be restarted"
    if process.idle_until:
        yield f"until {timezone.localtime(process.idle_until):%H:%M}"
