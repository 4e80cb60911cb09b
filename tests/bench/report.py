"""What was measured, as a table for the README."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.bench.timing import Spread, ratio

HEADINGS = ("What", "Median", "Compared with", "Ratio (quartiles)", "Target", "Met")
BARE = "the bare transaction"


@dataclass(frozen=True)
class Target:
    words: str
    met: bool


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    figure: str
    compared_with: str = ""
    ratio: Spread | None = None
    target: Target | None = None

    def cells(self) -> tuple[str, ...]:
        return (
            self.what,
            self.figure,
            self.compared_with,
            _ratio(self.ratio) if self.ratio else "",
            self.target.words if self.target else "",
            ("yes" if self.target.met else "**no**") if self.target else "",
        )


def table(rows: Iterable[Row]) -> str:
    cells = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def against_bare(
    what: str,
    times: Sequence[float],
    by_hand: Sequence[float],
    most: float | None = None,
) -> Row:
    return against(what, times, BARE, by_hand, most)


def against(
    what: str,
    times: Sequence[float],
    compared_with: str,
    other: Sequence[float],
    most: float | None = None,
) -> Row:
    found = ratio(times, other)
    target = at_most(found, most) if most else None
    return Row(what, duration(times), compared_with, found, target)


def alike(
    what: str,
    times: Sequence[float],
    compared_with: str,
    other: Sequence[float],
    share: float,
) -> Row:
    """Say whether two things take the same time, give or take a share of it."""
    found = ratio(times, other)
    return Row(what, duration(times), compared_with, found, within(found, share))


def weighed(what: str, size: int, limit: int) -> Row:
    target = Target(f"under {limit // 1000} kB", size < limit)
    return Row(what, f"{size / 1000:.1f} kB", target=target)


def at_most(found: Spread, most: float) -> Target:
    return Target(f"at most {most:g}", found.median <= most)


def within(found: Spread, share: float) -> Target:
    return Target(f"1 ± {share:g}", abs(found.median - 1) <= share)


def duration(times: Sequence[float]) -> str:
    seconds = statistics.median(times)
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.2f} ms"


def _ratio(ratio: Spread) -> str:
    return f"{ratio.median:.2f} ({ratio.lower:.2f} to {ratio.upper:.2f})"
