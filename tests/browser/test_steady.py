"""Nothing moves under a reader's eyes: no page shifts while it loads, nor without scripts."""

import pytest
from playwright.sync_api import Page

from tests.browser.stories import make_story, path_of
from tests.browser.visiting import Visit

OBSERVE = """
    window.shifts = [];
    new PerformanceObserver(list => {
        for (const entry of list.getEntries())
            window.shifts.push([entry.value, ...entry.sources.map(
                source => source.node?.outerHTML?.slice(0, 120) ?? String(source.node))]);
    }).observe({ type: "layout-shift", buffered: true });
"""
PLACES = ["", "activity/", "releases/v6/", "releases/v4/rollback/", "config/"]
MORE = ["compare/v2...v6/", "insights/", "access/", "settings/", "logs/", "at/"]


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_shifts_while_it_loads(visit: Visit, width: int) -> None:
    app = make_story()
    page = visit(app.owner, width=width)
    page.add_init_script(OBSERVE)
    paths = ["/", "/activity/", "/insights/", "/account/tokens/"]
    paths += [path_of(app, place) for place in PLACES + MORE]

    found = {path: _shifts(page, path) for path in paths}

    assert {path: shifts for path, shifts in found.items() if shifts} == {}


def _shifts(page: Page, path: str) -> object:
    page.goto(path, wait_until="networkidle")
    # Two frames: what shifts in one is told after it.
    page.evaluate(
        "new Promise(f => requestAnimationFrame(() => requestAnimationFrame(f)))"
    )
    return page.evaluate("window.shifts")
