"""What each rollback took back that none before it had."""

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from releases.models import Release


@dataclass(frozen=True)
class Repair:
    """A rollback that stands, and the versions that it took back.

    These lie in `stretches`, between a lower and an upper bound, both exclusive; among
    them may be rollbacks and what never went live.
    """

    rollback: Release
    stretches: Sequence[tuple[int, int]]


def repairs(rollbacks: Iterable[Release]) -> Iterator[Repair]:
    """Give the repairs among the rollbacks of an app that went live, newest first.

    One after which somebody went forward again, into what it had taken back, stands no
    more. What two went over, as both went to the same release, the earlier one took
    back. Over all rollbacks it is the releases that `undone_by` says are undone.
    """
    # Disjoint, and in order: what has been taken back so far.
    taken: list[tuple[int, int]] = []
    for rollback, target in reversed([*_standing(rollbacks)]):
        bounds = [rollback.version]
        while taken and taken[-1][0] >= target:
            lower, upper = taken.pop()
            bounds += [upper, lower + 1]
        bounds.append(target)
        taken.append((target, rollback.version))
        pairs = zip(bounds[1::2], bounds[::2], strict=True)
        yield Repair(rollback, [(low, high) for low, high in pairs if high - low > 1])


def _standing(rollbacks: Iterable[Release]) -> Iterator[tuple[Release, int]]:
    """Give those that nobody went forward from again, each with where it went."""
    targets: list[int] = []
    for rollback in rollbacks:
        if rollback.restores is None:
            continue
        target = rollback.restores.version
        above = bisect_right(targets, target)
        if above < len(targets) and targets[above] < rollback.version:
            continue
        insort(targets, target)
        yield rollback, target
