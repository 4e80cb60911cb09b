"""What each rollback took back that none before it had."""

import uuid
from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Rollback(NamedTuple):
    """A rollback that went live, with the version that it restored."""

    app_id: uuid.UUID
    version: int
    target: int


@dataclass(frozen=True)
class Repair:
    """A rollback that stands, and the versions that it took back.

    These lie in `stretches`, between a lower and an upper bound, both exclusive; among
    them may be rollbacks and what never went live.
    """

    rollback: Rollback
    stretches: Sequence[tuple[int, int]]


def repairs(rollbacks: Iterable[Rollback]) -> Iterator[Repair]:
    """Give the repairs among the rollbacks of an app that went live, newest first.

    One after which somebody went forward again, into what it had taken back, stands no
    more. What two went over, as both went to the same release, the earlier one took
    back. Over all rollbacks it is the releases that `undone_by` says are undone.
    """
    # Disjoint, and in order: what has been taken back so far.
    taken: list[tuple[int, int]] = []
    for rollback in reversed([*_standing(rollbacks)]):
        target = rollback.target
        bounds = [rollback.version]
        while taken and taken[-1][0] >= target:
            lower, upper = taken.pop()
            bounds += [upper, lower + 1]
        bounds.append(target)
        taken.append((target, rollback.version))
        pairs = zip(bounds[1::2], bounds[::2], strict=True)
        yield Repair(rollback, [(low, high) for low, high in pairs if high - low > 1])


def _standing(rollbacks: Iterable[Rollback]) -> Iterator[Rollback]:
    """Give those that nobody went forward from again."""
    targets: list[int] = []
    for rollback in rollbacks:
        above = bisect_right(targets, rollback.target)
        if above < len(targets) and targets[above] < rollback.version:
            continue
        insort(targets, rollback.target)
        yield rollback
