"""The story with apps that run: what people see at Rollbook, and visitors of the app."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from pytest_playwright.pytest_playwright import CreateContextCallback

from tests.browser.watching import Watch
from tests.factories import PASSWORD
from tests.machine.processes import manage, wait_until
from tests.runtime.code import serving
from tests.runtime.stage import AppOnStage, Stage, staged

pytestmark = pytest.mark.machine
both = pytest.mark.parametrize("javascript", [True, False], ids=["js", "no js"])
ADMIN = "grace@example.com"
# Processes start beside other tests, and each step waits for the test to look at it.
SETTINGS = {
    "ROLLBOOK_ADMIN_EMAIL": ADMIN,
    "ROLLBOOK_ADMIN_PASSWORD": PASSWORD,
    "ROLLBOOK_READY_WITHIN": "60",
    "ROLLBOOK_RELEASE_PHASE_LASTS": "60",
}
SLOWLY = 60_000
TOOK = re.compile(r"Rolled back to v34 in \d[\d.]* m?s\. v\d+ is live")
Open = Callable[..., Page]


@pytest.fixture
def open_browser(
    # Else the pages that these tests stand beside would have no database.
    transactional_db: None,
    watch: Watch,
    new_context: CreateContextCallback,
) -> Open:
    """Opens an empty page in a browser of its own."""

    def open_browser(*, javascript: bool = True) -> Page:
        context = new_context(java_script_enabled=javascript)
        watch.over(context)
        return context.new_page()

    return open_browser


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged("--demo", **SETTINGS) as made:
        yield made


@pytest.fixture
def load_tester(stage: Stage) -> AppOnStage:
    """The app of the demo, at the release that is to be rolled back."""
    app = AppOnStage(stage, "load-tester", id="")
    # Where it runs that release already, this is refused.
    to_it = ("rollback", app.name, "v35")
    manage(stage.up.home, *to_it, settings=stage.settings)
    app.when(lambda: app.get().status, lambda status: status == 500)
    return app


def rollbook(stage: Stage, path: str = "/") -> str:
    return f"http://localhost:{stage.up.port}{path}"


def sign_in(page: Page, stage: Stage) -> None:
    page.goto(rollbook(stage))
    page.get_by_label("E-mail").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Apps")).to_be_visible()


@both
def test_the_bad_release_is_rolled_back_and_the_app_answers_again(
    load_tester: AppOnStage,
    open_browser: Open,
    new_context: CreateContextCallback,
    javascript: bool,
) -> None:
    stage = load_tester.stage
    visitor = new_context().new_page()
    address = f"http://{load_tester.host}:{stage.router_port}/"
    assert status(visitor, address) == 500

    page = open_browser(javascript=javascript)
    sign_in(page, stage)
    page.get_by_role("link", name="load-tester", exact=True).click()
    expect(page.locator("#v35")).to_contain_text("Cache plan results per worker")
    page.evaluate("window.stayed = true") if javascript else None
    page.get_by_role("link", name="Back to the last known good").click()
    expect(page.get_by_role("heading", name="to v34?")).to_be_visible()
    page.get_by_label("can run on the database").check()
    page.get_by_role("button", name="Roll back to v34").click()

    way = page.locator("#way")
    if not javascript:
        # Pressing waits for no answer: a page on its way out cannot be loaded again.
        page.wait_for_url("**/?made=*")
        wait_until(lambda: page.reload() and "Rolled back" in way.inner_text())
    expect(way).to_contain_text(TOOK, timeout=SLOWLY)
    expect(page.locator("#now")).to_contain_text("Rollback to v34")
    assert status(visitor, address) == 200
    if javascript:
        assert page.evaluate("window.stayed") is True


def status(visitor: Page, address: str) -> int:
    response = visitor.goto(address)
    assert response
    return response.status


@pytest.fixture
def app(stage: Stage) -> AppOnStage:
    """An app of Ada's, whose v2 runs."""
    app = stage.app()
    app.deploy(serving("good"))
    return app


@pytest.fixture
def colleague(app: AppOnStage, open_browser: Open) -> Page:
    """The browser of somebody else, signed in."""
    page = open_browser()
    sign_in(page, app.stage)
    return page


def test_the_steps_of_a_deploy_are_seen_live_by_somebody_else(
    app: AppOnStage, colleague: Page
) -> None:
    may_end, may_start = app.gate("end"), app.gate("start")
    made = app.release(
        serving(
            "better",
            procfile=f"release: echo checking; {may_end.held}\n"
            f"web: {may_start.held}; exec python3 serve.py\n",
        )
    )
    colleague.goto(rollbook(app.stage, f"/apps/{app.name}/"))
    way, step = colleague.locator("#way"), colleague.locator("#way [aria-current=step]")
    expect(way).to_contain_text("v3 is on its way")
    colleague.evaluate("window.stayed = true")

    expect(step).to_contain_text("Running the release phase", timeout=SLOWLY)
    expect(way.locator("pre")).to_contain_text("checking", timeout=SLOWLY)
    expect(colleague.locator("#now")).to_contain_text("v2")
    may_end.open()
    expect(step).to_contain_text("Starting processes", timeout=SLOWLY)
    app.answers("good")
    may_start.open()
    expect(way).to_contain_text("v3 is live", timeout=SLOWLY)
    expect(colleague.locator("#now")).to_contain_text("v3")
    app.answers("better")
    assert made == 3
    assert colleague.evaluate("window.stayed") is True


def test_what_answers_nothing_but_errors_is_told_to_everybody(
    app: AppOnStage, colleague: Page
) -> None:
    app.api("PATCH", "/config-vars", {"STATUS": "500"})
    colleague.goto(rollbook(app.stage, f"/apps/{app.name}/"))
    way = colleague.locator("#way")

    asked_in_vain = way.locator("[data-state=failed]")
    expect(asked_in_vain).to_contain_text("No good answer", timeout=SLOWLY)
    title = way.get_by_role("heading")
    expect(title).to_have_text("v3 has the traffic, and no good answer came from it")


def test_a_deploy_that_fails_shows_why_with_its_last_lines(
    app: AppOnStage, colleague: Page
) -> None:
    may_fail = app.gate()
    app.release(
        serving(
            "worse",
            procfile=f"web: {may_fail.held}; echo no SECRET_KEY; exit 3\n",
        )
    )
    colleague.goto(rollbook(app.stage, f"/apps/{app.name}/"))
    way = colleague.locator("#way")
    expect(way).to_contain_text("v3 is on its way")

    may_fail.open()

    expect(way).to_contain_text("v3 failed and never went live", timeout=SLOWLY)
    expect(way).to_contain_text("What ran before runs on.")
    expect(way.locator("[data-state=failed]")).to_have_text(
        [re.compile("Starting processes, failed"), re.compile("Failed")]
    )
    expect(way.locator("pre")).to_contain_text("web.1 exited with 3")
    expect(way.locator("pre")).to_contain_text("no SECRET_KEY")
    app.answers("good")
