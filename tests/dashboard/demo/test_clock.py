from datetime import UTC, datetime, timedelta

from django.utils import timezone

from dashboard.demo.clock import at
from dashboard.demo.days import Days
from releases.models import User

MOMENT = datetime(2026, 11, 17, 14, 20, tzinfo=UTC)


def test_the_clock_stands_within_the_block_alone() -> None:
    with at(MOMENT):
        outer = timezone.now()
        with at(MOMENT - timedelta(days=1)):
            inner = timezone.now()
        # Its default is the function itself, as it was before anything was replaced.
        made_at = User().created_at

    assert (outer, inner, made_at) == (MOMENT, MOMENT - timedelta(days=1), MOMENT)
    assert abs(timezone.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_days_are_working_days_counted_from_today() -> None:
    tuesday = Days(MOMENT)
    sunday = Days(MOMENT - timedelta(days=2))

    assert f"{tuesday.ago(1, '09:30'):%A %H:%M}" == "Monday 09:30"
    assert f"{tuesday.ago(2, '09:30'):%A %d}" == "Friday 13"
    assert f"{sunday.ago(1, '22:47'):%A %d}" == "Friday 13"
    assert tuesday.ago(15, "09:30").date() == (MOMENT - timedelta(weeks=3)).date()


def test_the_last_hours_come_after_the_last_working_day_at_any_hour() -> None:
    for hour in range(7 * 24):
        days = Days(MOMENT + timedelta(hours=hour))

        assert days.ago(1, "18:00") < days.minutes_ago(300) < days.now
