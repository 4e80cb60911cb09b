"""How tests are spread over workers (pytest -n), each with a database and homes of its own.

A file's tests stay together, and so do files that share a server which takes seconds to
start. In a browser each test goes where there is room.
"""

import os
import re

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

TOGETHER = (
    "tests/cli/",
    "tests/runtime/test_(attached|going_live|rolling_back|under_load).py",
)
ALONE = "tests/browser/(?!test_demo_story)"
# What takes longest begins first, so that no worker is left with it at the end. A browser
# comes last: its event loop, which Django minds, and what it wrote stay for the session.
FIRST = ("tests/cli/", "tests/runtime/", "tests/machine/", "tests/test_story.py")
LAST = "tests/browser/"


class Spreading(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        if re.match(ALONE, nodeid):
            return nodeid
        shared = (each for each in TOGETHER if re.match(each, nodeid))
        return next(shared, nodeid.split("::", 1)[0])


def pytest_xdist_make_scheduler(
    config: pytest.Config, log: Producer
) -> LoadScopeScheduling:
    # Else what has many tests goes first, rather than what takes long.
    config.option.loadscopereorder = False
    return Spreading(config, log)


def pytest_xdist_auto_num_workers() -> int:
    """Return twice as many as there are processors: half of the time, tests wait."""
    return 2 * len(os.sched_getaffinity(0))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _turn(item.nodeid))


def _turn(nodeid: str) -> tuple[int, bool]:
    turn = nodeid.startswith(LAST) - nodeid.startswith(FIRST)
    return turn, bool(re.match(ALONE, nodeid))
