"""When things happen in the story: on working days, and minutes before it is told."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

SATURDAY = 5


@dataclass(frozen=True)
class Days:
    """Moments seen from `now`. Those of the last hours come after those of all days."""

    now: datetime

    def ago(self, days: int, clock: str) -> datetime:
        """Return a time of the day that was `days` working days before today."""
        day = self.now.astimezone(UTC).date()
        while days:
            day -= timedelta(days=1)
            days -= day.weekday() < SATURDAY
        hour, minute = map(int, clock.split(":"))
        # Nobody presses a button on the full minute.
        second = (hour * 13 + minute * 7) % 60
        return datetime.combine(day, time(hour, minute, second, tzinfo=UTC))

    def minutes_ago(self, minutes: float) -> datetime:
        return self.now - timedelta(minutes=minutes)
