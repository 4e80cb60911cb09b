from datetime import date, timedelta

import pytest

from dashboard.charts import (
    bars,
    day_words,
    dots,
    labels,
    lines,
    of_counts,
    of_percent,
    of_times,
    short,
)


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        (0, ["4", "3", "2", "1", "0"]),
        (4, ["4", "3", "2", "1", "0"]),
        (5, ["8", "6", "4", "2", "0"]),
        (35, ["40", "30", "20", "10", "0"]),
        (3_000, ["4,000", "3,000", "2,000", "1,000", "0"]),
        (99_999_999, ["100,000,000", "75,000,000", "50,000,000", "25,000,000", "0"]),
    ],
)
def test_counts_stand_on_round_ticks(highest: int, ticks: list[str]) -> None:
    assert of_counts(highest).ticks == ticks


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        (0, ["20%", "15", "10", "5", "0"]),
        (0.17, ["20%", "15", "10", "5", "0"]),
        (0.3, ["40%", "30", "20", "10", "0"]),
        (1, ["100%", "75", "50", "25", "0"]),
    ],
)
def test_parts_stand_on_ticks_of_a_hundred(highest: float, ticks: list[str]) -> None:
    assert of_percent(highest).ticks == ticks


@pytest.mark.parametrize(
    ("longest", "top"),
    [
        (timedelta(), "60 s"),
        (timedelta(minutes=55), "60 min"),
        (timedelta(hours=3), "4 h"),
        (timedelta(days=2), "48 h"),
        (timedelta(days=300), "400 d"),
    ],
)
def test_times_stand_on_ticks_of_their_unit(longest: timedelta, top: str) -> None:
    scale = of_times(longest)

    assert scale.ticks[0] == top
    assert scale.top >= longest.total_seconds()


def test_bars_stand_in_the_middle_of_their_weeks_and_none_is_of_nothing() -> None:
    first, last = bars([4, 0, 0, 1], of_counts(4), "bar", "bar-soft")

    assert (first.x, first.width) == ("5.00", "15.00")
    assert (first.y, first.height, first.css) == ("0.00", "100.00", "bar")
    assert (last.y, last.height, last.css) == ("75.00", "25.00", "bar-soft")


def test_lines_break_where_there_is_no_value() -> None:
    scale = of_percent(1)

    assert lines([0.5, 1, None, 0.5, None, 0, 0.5], scale) == [
        "M7.14 50.00L21.43 0.00",
        "M78.57 100.00L92.86 50.00",
    ]
    assert lines([], scale) == []
    assert [dot.y for dot in dots([[1], [], [0.5, 0]], scale)] == [
        "0.00",
        "50.00",
        "100.00",
    ]


def test_dots_that_would_hide_each_other_are_one_however_many_there_are() -> None:
    scale = of_times(timedelta(hours=4))
    seconds = [number / 10 for number in range(36_000)]

    assert len(dots([[60, 61, 62, 7_200], [60]], scale)) == 3
    assert len(dots([seconds], scale)) <= 101


@pytest.mark.parametrize(
    ("weeks", "said"),
    [(4, [0, 1, 2, 3]), (12, [0, 2, 4, 6, 8, 10]), (26, [0, 5, 10, 15, 20])],
)
def test_only_weeks_are_named_that_there_is_room_for(
    weeks: int, said: list[int]
) -> None:
    mondays = [date(2026, 1, 5) + timedelta(weeks=number) for number in range(weeks)]

    found = labels(mondays)

    assert len(found) == weeks
    assert [place for place, label in enumerate(found) if label] == said
    assert found[0] == day_words(mondays[0]) == "5 Jan"


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (timedelta(), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=14, seconds=3), "14 min"),
        (timedelta(hours=1, minutes=5), "1 h 5 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(days=3, hours=4), "3 d 4 h"),
    ],
)
def test_a_time_is_said_in_a_word_or_two(time: timedelta, said: str) -> None:
    assert short(time) == said
