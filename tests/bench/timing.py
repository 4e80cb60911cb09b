"""Timing things in turn, and what their times say of each other."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# Given the number of a round, does what is not timed and returns what is.
Step = Callable[[int], Callable[[], object]]

WARM_UP = 20


@dataclass(frozen=True)
class Spread:
    """The median of some figures, and the quartiles around it."""

    lower: float
    median: float
    upper: float


def spread(figures: Sequence[float]) -> Spread:
    return Spread(*statistics.quantiles(figures, n=4, method="inclusive"))


def ratio(over: Sequence[float], under: Sequence[float]) -> Spread:
    """Compare round by round: what slowed the machine in one slowed both."""
    return spread([a / b for a, b in zip(over, under, strict=True)])


def interleave(*steps: Step, rounds: int, warm_up: int = WARM_UP) -> list[list[float]]:
    """Return the seconds that each step takes, one in each round, in turn."""
    times: list[list[float]] = [[] for _ in steps]
    for number in range(-warm_up, rounds):
        for step, taken in zip(steps, times, strict=True):
            act = step(number)
            seconds = timed(act)
            if number >= 0:
                taken.append(seconds)
    return times


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
