"""The figures of the insights: a number each, its picture, and the numbers of that."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dashboard.charts import (
    Chart,
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
from dashboard.times import counted, date_words
from releases.insights import Insights, Span, Week

# Below it a decimal says something.
MANY = 10
NOTHING = "none"


@dataclass(frozen=True)
class Figure:
    """A number over the period, its picture, and the numbers of that by the week.

    What it means, and what it does not, the page says by its `key`.
    """

    key: str
    title: str
    value: str
    unit: str
    note: str
    chart: Chart
    legend: Sequence[tuple[str, str]]
    headings: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]


def figures_of(found: Insights) -> list[Figure]:
    return [_deploys(found), _failures(found), _restoring(found), _rollbacks(found)]


def _deploys(found: Insights) -> Figure:
    weeks, before = found.now.weeks, found.before
    average = found.whole.deploys / len(found.whole.weeks)
    numbers = [week.deploys for week in weeks]
    scale = of_counts(max(numbers))
    most = max(weeks, key=lambda week: week.deploys)
    return Figure(
        key="deploys",
        title="Deploys a week",
        value=_about(average),
        unit="on average, this week left out",
        note=_compared(
            average, before.deploys / len(before.weeks), _about, "a week", found
        ),
        chart=Chart(
            words=f"Bar chart. {counted(found.now.deploys, 'deploy')} in {_weeks(found)},"
            f" most in the week of {day_words(most.starts)}: {most.deploys}.",
            labels=labels(_mondays(found)),
            ticks=scale.ticks,
            bars=bars(numbers, scale, "bar", "bar-soft"),
            across=scale.y(average) if average else "",
        ),
        legend=[
            ("bar", "Deploys"),
            ("soft", "Week not over"),
            ("ref", f"Average, {_about(average)}"),
        ],
        headings=["Deploys", "Never went live"],
        rows=_rows(weeks, lambda week: [str(week.deploys), str(week.never_live)]),
    )


def _failures(found: Insights) -> Figure:
    now, before = found.now, found.before
    rates = [Span([week]).failure_rate for week in now.weeks]
    known = [rate for rate in rates if rate is not None]
    scale = of_percent(max(known, default=0))
    worst = max(now.weeks, key=lambda week: Span([week]).failure_rate or 0)
    return Figure(
        key="failures",
        title="Change-failure rate",
        value=_percent(now.failure_rate),
        unit=f"{now.regretted:,} of {counted(now.deploys, 'deploy')}",
        note=_compared_rates(now.failure_rate, before.failure_rate, found),
        chart=Chart(
            words=f"Line chart. {_percent(now.failure_rate)} of the deploys in"
            f" {_weeks(found)}"
            + (
                f", most in the week of {day_words(worst.starts)}:"
                f" {_percent(Span([worst]).failure_rate)}."
                if now.regretted
                else "."
            ),
            labels=labels(_mondays(found)),
            ticks=scale.ticks,
            dots=dots([[] if rate is None else [rate] for rate in rates], scale),
            lines=lines(rates, scale),
        ),
        legend=[("rate", "Rate of a week with deploys")],
        headings=["Undone or bad", "Deploys", "Rate"],
        rows=_rows(
            now.weeks,
            lambda week: [
                str(week.regretted),
                str(week.deploys),
                _percent(Span([week]).failure_rate),
            ],
        ),
    )


def _restoring(found: Insights) -> Figure:
    now, took = found.now, found.now.time_to_restore
    scale = of_times(max(now.restores, default=timedelta(minutes=1)))
    seconds = [[each.total_seconds() for each in week.restores] for week in now.weeks]
    shortest_and_longest = (
        f"Between {short(min(now.restores))} and {short(max(now.restores))}."
        if now.restores
        else ""
    )
    return Figure(
        key="restoring",
        title="Time to restore",
        value=short(took) if took is not None else NOTHING,
        unit=f"median of {counted(len(now.restores), 'repair')}",
        note=shortest_and_longest or "Nothing was undone by a rollback.",
        chart=Chart(
            words=f"Dot plot. {counted(len(now.restores), 'repair')} in {_weeks(found)}."
            f" {shortest_and_longest}".strip(),
            labels=labels(_mondays(found)),
            ticks=scale.ticks,
            dots=dots(seconds, scale),
            dot_css="dot-ink",
            across=scale.y(took.total_seconds()) if took is not None else "",
        ),
        legend=[
            ("dot", "One repair"),
            *([("ref", f"Median, {short(took)}")] if took is not None else []),
        ],
        headings=["Repairs", "Median"],
        rows=_rows(
            now.weeks,
            lambda week: [
                str(len(week.restores)),
                short(middle)
                if (middle := Span([week]).time_to_restore) is not None
                else NOTHING,
            ],
        ),
    )


def _rollbacks(found: Insights) -> Figure:
    now = found.now
    numbers = [week.rollbacks for week in now.weeks]
    scale = of_counts(max(numbers))
    return Figure(
        key="rollbacks",
        title="Rollbacks",
        value=f"{now.rollbacks:,}",
        unit=f"in {_weeks(found)}",
        note=_compared(
            now.rollbacks,
            found.before.rollbacks,
            lambda number: f"{number:,}",
            "",
            found,
        ),
        chart=Chart(
            words=f"Bar chart. {counted(now.rollbacks, 'rollback')} in {_weeks(found)},"
            f" at most {max(numbers)} a week.",
            labels=labels(_mondays(found)),
            ticks=scale.ticks,
            bars=bars(numbers, scale, "bar-accent", "bar-accent"),
        ),
        legend=[("accent", "Rollbacks")],
        headings=["Rollbacks"],
        rows=_rows(now.weeks, lambda week: [str(week.rollbacks)]),
    )


def _rows(
    weeks: Sequence[Week], cells: Callable[[Week], Sequence[str]]
) -> list[tuple[str, Sequence[str]]]:
    return [(date_words(week.starts), cells(week)) for week in weeks]


def _mondays(found: Insights) -> list[date]:
    return [week.starts for week in found.now.weeks]


def _weeks(found: Insights) -> str:
    return counted(len(found.now.weeks), "week")


def _about(number: float) -> str:
    return f"{number:.1f}" if number < MANY and number % 1 else f"{number:,.0f}"


def _percent(rate: float | None) -> str:
    return NOTHING if rate is None else f"{rate:.0%}"


def _compared(
    number: float,
    earlier: float,
    words: Callable[[float], str],
    each: str,
    found: Insights,
) -> str:
    than = f"{each} than in the {_weeks(found)} before.".strip()
    if number and not earlier:
        return f"None in the {_weeks(found)} before."
    if words(number) == words(earlier):
        return f"As many as in the {_weeks(found)} before."
    more = "more" if number > earlier else "fewer"
    return f"{words(abs(number - earlier))} {more} {than}"


def _compared_rates(now: float | None, before: float | None, found: Insights) -> str:
    earlier = f"the {_weeks(found)} before"
    if before is None:
        return f"No deploys in {earlier}."
    if now is None:
        return f"It was {_percent(before)} in {earlier}."
    points = round(now * 100) - round(before * 100)
    if not points:
        return f"As in {earlier}."
    higher = "higher" if points > 0 else "lower"
    return f"{counted(abs(points), 'point')} {higher} than in {earlier}."
