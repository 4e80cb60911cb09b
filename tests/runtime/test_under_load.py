"""Deploys and rollbacks in front of visitors: nobody notices but by what they read."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf

import pytest

from tests.machine.processes import wait_until
from tests.runtime.code import serving
from tests.runtime.stage import AppOnStage
from tests.runtime.visitors import Visit, visitors

pytestmark = pytest.mark.machine
TURNS, LEAST = 10, 2_000


@dataclass
class Period:
    """While a text could be what the app answers: from when it was asked for."""

    text: str
    began: float
    ended: float = inf


def test_ten_deploys_and_ten_rollbacks_fail_no_request(app: AppOnStage) -> None:
    versions = {"0": app.deploy(serving("0"))}
    periods = [Period("0", time.monotonic())]

    def go_to(text: str, act: Callable[[], object]) -> None:
        periods.append(Period(text, time.monotonic()))
        act()
        app.answers(text)
        periods[-2].ended = time.monotonic()

    def deploy(text: str) -> None:
        versions[text] = app.deploy(serving(text))

    with visitors(app.host, app.stage.router_port, each=3) as crowd:
        for turn in range(1, TURNS + 1):
            new, old = str(turn), str(turn - 1)
            go_to(new, partial(deploy, new))
            go_to(old, partial(app.roll_back, versions[old]))
        wait_until(lambda: len(crowd.visits) >= LEAST)

    assert crowd.failed() == []
    assert [visit for visit in crowd.visits if not is_true(visit, periods)] == []
    assert {visit.text for visit in crowd.visits} == set(versions)


def is_true(visit: Visit, periods: Sequence[Period]) -> bool:
    """Whether the release that answered was live at some moment of the visit."""
    return any(
        period.text == visit.text
        and period.began <= visit.ended
        and visit.began <= period.ended
        for period in periods
    )
