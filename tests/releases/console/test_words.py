from datetime import UTC, datetime, timedelta

import pytest

from releases.actors import who
from releases.management.console.words import ago, counted, listed, size, when
from releases.models import SYSTEM_EMAIL

NOW = datetime(2026, 11, 23, 14, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=23), "23 hours ago"),
        (timedelta(days=29), "29 days ago"),
        (timedelta(days=364), "12 months ago"),
        (timedelta(days=800), "2 years ago"),
    ],
)
def test_times_are_told_in_one_unit(passed: timedelta, said: str) -> None:
    assert ago(NOW - passed, now=NOW) == said


def test_a_time_is_told_both_ways() -> None:
    assert when(NOW - timedelta(hours=3), now=NOW) == "3 hours ago, 2026-11-23 11:20"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (12_345_678, "12.3 MB"),
        (5 * 10**9, "5.0 GB"),
        (7 * 10**12, "7.0 TB"),
    ],
)
def test_sizes_are_told_in_decimal_units(number: int, said: str) -> None:
    assert size(number) == said


def test_long_lists_are_bounded() -> None:
    assert listed(["A", "B", "C"], at_most=3) == "A, B, C"
    assert listed(["A", "B", "C"], at_most=2) == "A, B and 1 more"


def test_numbers_agree_with_their_nouns() -> None:
    assert counted(1, "file") == "1 file"
    assert counted(1200, "copy", "copies") == "1,200 copies"


def test_the_system_is_called_so() -> None:
    assert who(SYSTEM_EMAIL) == "system"
    assert who("ada@example.com") == "ada@example.com"
