"""Charts as the numbers that SVG is made of, and as words for who does not see them.

A picture is 100 by 100, stretched to where it stands; weeks go from left to right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

WHOLE, TICKS, LABELS = 100, 4, 6
# How much of the room of a week its bar takes.
BAR = 0.6
# What a tick may be worth, so that people can read between them.
ROUND = (1, 2, 5, 10, 20, 25, 50)
SECONDS = (
    *(15, 30, 60, 120, 300, 600, 900, 1_800),
    *(3_600, 7_200, 10_800, 21_600, 43_200, 86_400),
)
UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


@dataclass(frozen=True)
class Scale:
    """How high a chart goes, in ticks that are worth `step` each."""

    step: float
    unit: str = ""
    worth: float = 1

    @property
    def top(self) -> float:
        return self.step * TICKS

    @property
    def ticks(self) -> list[str]:
        """Return what stands beside the grid, from the top down."""
        values = [self.step * number / self.worth for number in range(TICKS, -1, -1)]
        top, *others = [f"{value:,.0f}" for value in values]
        return [f"{top}{self.unit}", *others]

    def y(self, value: float) -> str:
        return _number(WHOLE * (1 - value / self.top))


@dataclass(frozen=True)
class Bar:
    x: str
    y: str
    width: str
    height: str
    css: str


@dataclass(frozen=True)
class Dot:
    x: str
    y: str


@dataclass(frozen=True)
class Chart:
    """A picture on a grid: bars, dots, lines through them, and a dashed line across."""

    words: str
    labels: Sequence[str]
    ticks: Sequence[str]
    bars: Sequence[Bar] = ()
    dots: Sequence[Dot] = ()
    dot_css: str = "dot"
    lines: Sequence[str] = ()
    across: str = ""

    grid = ("0", "25", "50", "75")


def of_counts(highest: int) -> Scale:
    return Scale(_round(highest))


def of_percent(highest: float) -> Scale:
    """Return a scale for parts of a whole, at least up to a fifth of it."""
    step = min(max(_round(highest * WHOLE), 5), WHOLE / TICKS)
    return Scale(step / WHOLE, unit="%", worth=1 / WHOLE)


def of_times(longest: timedelta) -> Scale:
    seconds = longest.total_seconds()
    step = next((each for each in SECONDS if each * TICKS >= seconds), None)
    step = step or 86_400 * _round(seconds / 86_400)
    worth, unit = next((size, unit) for size, unit in UNITS if step >= size)
    return Scale(step, unit=f" {unit}", worth=worth)


def bars(values: Sequence[int], scale: Scale, css: str, last_css: str) -> list[Bar]:
    """Return a bar for each week, of the last in another way: it is not over."""
    room = WHOLE / len(values)
    return [
        Bar(
            x=_number(room * (place + (1 - BAR) / 2)),
            y=scale.y(value),
            width=_number(room * BAR),
            height=_number(WHOLE * value / scale.top),
            css=css if place + 1 < len(values) else last_css,
        )
        for place, value in enumerate(values)
        if value
    ]


def dots(values: Sequence[Sequence[float]], scale: Scale) -> list[Dot]:
    """Return a dot for each value of each week; those that would hide each other are one."""
    return [
        Dot(_middle(place, len(values)), scale.y(value))
        for place, of_week in enumerate(values)
        for value in {
            round(WHOLE * value / scale.top): value for value in of_week
        }.values()
    ]


def lines(values: Sequence[float | None], scale: Scale) -> list[str]:
    """Return the paths through the weeks that have a value, broken where one has none."""
    paths = []
    for is_there, run in groupby(enumerate(values), key=lambda it: it[1] is not None):
        points = [
            f"{_middle(place, len(values))} {scale.y(value or 0)}"
            for place, value in run
        ]
        if is_there and len(points) > 1:
            paths.append(f"M{'L'.join(points)}")
    return paths


def labels(weeks: Sequence[date]) -> list[str]:
    """Return what stands below each week: nothing, where there is no room for more."""
    every = -(-len(weeks) // LABELS)
    return [
        day_words(week) if place % every == 0 and place + every / 2 < len(weeks) else ""
        for place, week in enumerate(weeks)
    ]


def day_words(day: date) -> str:
    return f"{day.day} {day:%b}"


def short(time: timedelta) -> str:
    """Say how long something took, in a word or two."""
    seconds = round(time.total_seconds())
    size, unit = next((each for each in UNITS if seconds >= each[0]), UNITS[-1])
    said = f"{seconds // size} {unit}"
    smaller = next((each for each in UNITS if each[0] < size), None)
    # Beside minutes, seconds say nothing.
    if smaller and size > UNITS[2][0] and (rest := seconds % size // smaller[0]):
        said += f" {rest} {smaller[1]}"
    return said


def _round(highest: float) -> int:
    """Return what a tick is worth at least, so that `highest` is on the chart."""
    power = 1
    while True:
        for step in ROUND:
            if step * power * TICKS >= highest:
                return step * power
        power *= WHOLE


def _middle(place: int, places: int) -> str:
    return _number(WHOLE * (place + 0.5) / places)


def _number(value: float) -> str:
    return f"{value:.2f}"
