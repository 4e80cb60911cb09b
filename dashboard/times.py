"""Times as people read them: relative, and in the time zone of whoever looks."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.utils import timezone

# From then on the date says more.
DAYS_COUNTED = 31
# In milliseconds.
SECOND = 1_000
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """One time in all the forms a page shows it in."""

    iso: str
    clock: str
    ago: str
    full: str


def moment(when: datetime, now: datetime) -> Moment:
    there = timezone.localtime(when)
    return Moment(
        iso=when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        clock=there.strftime("%H:%M"),
        ago=ago(when, now),
        full=in_full(when),
    )


def ago(when: datetime, now: datetime) -> str:
    """Say how long ago that was, in words that static/dashboard.js knows as well."""
    passed = now - when
    if passed < MINUTE:
        return "just now"
    if passed < HOUR:
        return f"{counted(passed // MINUTE, 'minute')} ago"
    if passed < DAY:
        return f"{counted(passed // HOUR, 'hour')} ago"
    there = timezone.localtime(when)
    days = (timezone.localtime(now).date() - there.date()).days
    if days == 1:
        return "yesterday"
    return f"{days} days ago" if days < DAYS_COUNTED else f"on {date_words(there)}"


def lasted(time: timedelta) -> str:
    """Say how long something took, in its two largest units."""
    seconds = int(time.total_seconds())
    units = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
    for number, (unit, size) in enumerate(units):
        if seconds >= size:
            said = counted(seconds // size, unit)
            rest = seconds % size
            if number + 1 < len(units) and rest >= units[number + 1][1]:
                smaller, its_size = units[number + 1]
                said += f" {counted(rest // its_size, smaller)}"
            return said
    return "less than a second"


def took_words(time: timedelta) -> str:
    """Say how long something took that people wait for: to what they would notice."""
    milliseconds = round(time.total_seconds() * 1000)
    if milliseconds < SECOND:
        return f"{max(0, milliseconds)} ms"
    if milliseconds < MINUTE.total_seconds() * SECOND:
        return f"{milliseconds / SECOND:.1f} s"
    return lasted(time)


def date_words(when: datetime | date) -> str:
    return f"{when.day} {when:%B %Y}"


def in_full(when: datetime) -> str:
    there = timezone.localtime(when)
    return f"{date_words(there)}, {there:%H:%M:%S %Z}"


def twin(when: datetime) -> datetime | None:
    """Return the other moment at which clocks there show the same, as they are put back."""
    there = timezone.localtime(when)
    other = there.replace(fold=1 - there.fold).astimezone(UTC)
    return other if other != when.astimezone(UTC) else None


def day_names(day: date, today: date) -> tuple[str, str]:
    """Return what heads the entries of a day: its short name, and its date."""
    behind = (today - day).days
    if behind == 0:
        return "Today", f"{day:%A} {date_words(day)}"
    if behind == 1:
        return "Yesterday", f"{day:%A} {date_words(day)}"
    return f"{day:%A}", date_words(day)


def counted(number: int, noun: str, several: str = "") -> str:
    return f"{number:,} {noun if number == 1 else several or f'{noun}s'}"
