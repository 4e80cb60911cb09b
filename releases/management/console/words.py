"""How times, sizes and numbers read in the output of commands."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.utils import timezone

UNITS = (
    (timedelta(days=365), "year"),
    (timedelta(days=30), "month"),
    (timedelta(days=1), "day"),
    (timedelta(hours=1), "hour"),
    (timedelta(minutes=1), "minute"),
)


def when(time: datetime, *, now: datetime | None = None) -> str:
    """Say a time both ways: `3 hours ago, 2026-11-23 14:20`; UTC, as all of ours."""
    moment = time.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    return f"{ago(time, now=now)}, {moment}"


def ago(time: datetime, *, now: datetime | None = None) -> str:
    passed = (now or timezone.now()) - time
    for unit, name in UNITS:
        if passed >= unit:
            return f"{counted(passed // unit, name)} ago"
    return "just now"


def span(time: timedelta) -> str:
    """Say how long something took that people wait for."""
    seconds = time.total_seconds()
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def size(number: int) -> str:
    """Say a size in the decimal units that disks and networks are sold by."""
    amount = number / 1000
    if amount < 1:
        return counted(number, "byte")
    for unit in ("kB", "MB", "GB"):
        if amount < 1000:  # noqa: PLR2004  # by definition of the units
            return f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def counted(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(names: Sequence[str], *, at_most: int = 10) -> str:
    """Join names with commas, the first ones only where there are many."""
    more = len(names) - at_most
    shown = ", ".join(names[:at_most])
    return f"{shown} and {more:,} more" if more > 0 else shown
