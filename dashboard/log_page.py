"""What the Logs page of an app shows: the newest lines, and then those that follow."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.utils import timezone

from dashboard.forms import LogForm
from releases.log_formats import ROUTER, LogLine
from releases.logs import last_lines
from releases.models import App

LINES_SHOWN = 200
# Of more in a second nobody could read one.
LINES_ADDED = 500
# What was written at a time is there to be read by then, whoever wrote it.
WRITTEN_WITHIN = timedelta(milliseconds=500)
MICROSECOND = timedelta(microseconds=1)
CURSOR = re.compile(r"(\d{1,17})-(\d{1,6})")
FAILED = re.compile(r"at=error|\bstatus=5\d\d\b")


@dataclass(frozen=True)
class LineShown:
    iso: str
    clock: str
    process: str
    release: str
    text: str
    has_failed: bool


@dataclass(frozen=True)
class Cursor:
    """The end of what is shown: the time of the last line, and how many have the same."""

    time: datetime
    lines: int = 0

    def __str__(self) -> str:
        microseconds = (self.time - datetime.fromtimestamp(0, UTC)) // MICROSECOND
        return f"{microseconds}-{self.lines}"

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """Return the cursor that an address holds, if it holds one."""
        found = CURSOR.fullmatch(text)
        if found is None:
            return None
        since = int(found[1]) * MICROSECOND
        try:
            return cls(datetime.fromtimestamp(0, UTC) + since, int(found[2]))
        except OverflowError:
            return None


@dataclass(frozen=True)
class LogPage:
    """Lines, oldest first, and the cursor to those that follow.

    `leaves_out` says that more came than are shown.
    """

    lines: Sequence[LineShown]
    cursor: Cursor
    leaves_out: bool = False


def newest_lines(app: App, form: LogForm, now: datetime) -> LogPage:
    """Return the newest lines that a form asks for."""
    lines = last_lines(app, most=LINES_SHOWN, **form.wanted)
    if form.follows:
        lines = [line for line in lines if line.time <= now - WRITTEN_WITHIN]
    return LogPage(_shown(lines, now), _cursor(lines, Cursor(now - WRITTEN_WITHIN)))


def lines_after(app: App, form: LogForm, after: Cursor, now: datetime) -> LogPage:
    """Return the lines that came since, but for those so new that some may be missing."""
    most = after.lines + LINES_ADDED
    found = last_lines(app, most=most, since=after.time, **form.wanted)
    known = 0
    lines = []
    for line in found:
        if line.time == after.time and known < after.lines:
            known += 1
        elif line.time <= now - WRITTEN_WITHIN:
            lines.append(line)
    lines = lines[-LINES_ADDED:]
    return LogPage(_shown(lines, now), _cursor(lines, after), len(found) == most)


def _cursor(lines: Sequence[LogLine], before: Cursor) -> Cursor:
    if not lines:
        return before
    last = lines[-1].time
    number = sum(line.time == last for line in lines)
    return Cursor(last, number + (before.lines if last == before.time else 0))


def _shown(lines: Sequence[LogLine], now: datetime) -> list[LineShown]:
    today = timezone.localtime(now).date()
    return [_line(line, today) for line in lines]


def _line(line: LogLine, today: date) -> LineShown:
    time = timezone.localtime(line.time)
    clock = f"{time:%H:%M:%S}.{time.microsecond // 1000:03}"
    return LineShown(
        iso=time.isoformat(),
        clock=clock if time.date() == today else f"{time:%Y-%m-%d} {clock}",
        process=line.process,
        release=f"v{line.version}" if line.version else "",
        text=line.text,
        has_failed=line.process == ROUTER and bool(FAILED.search(line.text)),
    )
