"""What runs, and how it goes live, in front of people who look at it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Dialog, Page, expect
from pytest_django import Settings

from releases.actors import Actor
from releases.formation import formation_of
from releases.models import App, Release, Rollout
from releases.operations.release_output import append_output
from releases.operations.settle_release import settle_release
from tests.browser.stories import make_running_story, path_of, step
from tests.browser.test_accessible import SIDEWAYS, TOO_WIDE, refuse_violations
from tests.browser.visiting import Visit
from tests.browser.watching import Watch
from tests.factories import make_deploy
from tests.log_writing import START, add, process_log, stamped

both = pytest.mark.parametrize("javascript", [True, False], ids=["js", "no-js"])
Step = Rollout.Step


@pytest.fixture
def app(settings: Settings, transactional_db: None) -> App:
    """An app that runs, whose v3 waits for the runtime."""
    settings.ROLLBOOK_RUNTIME = True
    settings.RELEASES_SETTLE_AT_ONCE = False
    return make_running_story()


def version(app: App, number: int) -> Release:
    return app.releases.get(version=number)


def go_live(release: Release, *, milliseconds: int, warm: bool = False) -> None:
    settle_release(release=release, succeeded=True, actor=Actor.system())
    at = release.created_at + timedelta(milliseconds=milliseconds)
    step(release, Step.DONE, live_at=at, answered_at=at, was_warm=warm)


def test_the_steps_of_a_release_come_by_themselves(visit: Visit, app: App) -> None:
    v3 = version(app, 3)
    page = visit(app.owner)
    page.goto(path_of(app, ""))
    way, told = page.locator("#way"), page.locator("#way-said")
    expect(way).to_contain_text("v3 is on its way")
    page.evaluate("window.stayed = true")

    step(v3, Step.RELEASE_PHASE)
    append_output(release=v3, lines=["Applying 0002... OK"])
    expect(way.locator("[aria-current=step]")).to_contain_text("release phase")
    expect(way.locator("pre")).to_contain_text("Applying 0002... OK")
    expect(told).to_contain_text("Its release phase runs")

    go_live(v3, milliseconds=1_900)
    expect(way).to_contain_text("Live 1.9 s after it was made, started anew.")
    expect(told).to_contain_text("v3 is live")
    expect(page.locator("#now")).to_contain_text("v3")
    expect(way).not_to_have_attribute("hx-trigger", re.compile("."))
    assert page.evaluate("window.stayed") is True


def test_what_is_read_is_not_touched_while_nothing_is_new(
    visit: Visit, app: App
) -> None:
    step(version(app, 3), Step.STARTING)
    page = visit(app.owner)
    page.goto(path_of(app, ""))
    page.get_by_label("worker").fill("7")
    page.evaluate(
        "() => { window.same = document.querySelector('#way ol');"
        " getSelection().selectAllChildren(same); }"
    )

    for _ in range(2):
        page.wait_for_event(
            "response", lambda each: "/way/" in each.url and each.status == 204
        )

    assert page.evaluate("window.same.isConnected && !getSelection().isCollapsed")
    expect(page.get_by_label("worker")).to_have_value("7")


@both
def test_a_rollback_says_that_it_is_on_its_way_and_then_how_long_it_took(
    visit: Visit, app: App, javascript: bool
) -> None:
    go_live(version(app, 3), milliseconds=900)
    page = visit(app.owner, javascript=javascript)
    page.goto(path_of(app))
    page.get_by_role("link", name="Roll back to v2").click()
    expect(page.locator("#goes-live")).to_contain_text("Its processes are started")
    page.get_by_role("button", name="Roll back to v2").click()

    way = page.locator("#way")
    expect(way).to_contain_text("Going back to v2: v4 is on its way")
    expect(page.locator("#v4")).to_contain_text("Waiting for the runtime")
    if javascript:
        expect(way).to_be_focused()
    go_live(version(app, 4), milliseconds=84, warm=True)
    if not javascript:
        page.get_by_role("link", name="Look again").click()

    expect(way).to_contain_text("Rolled back to v2 in 84 ms. v4 is live.")
    expect(way).to_contain_text("by processes that were waiting")
    expect(page.locator("#v4")).to_contain_text("Current release")
    expect(page.locator("#v4")).to_contain_text("Live after 84 ms")
    expect(page.locator("#v3")).to_contain_text("Undone by v4")
    if javascript:
        expect(way).to_be_focused()
    page.get_by_role("link", name="Undo: roll back to v3").click()
    expect(page.get_by_role("heading", name="to v3?")).to_be_visible()


def test_the_page_of_a_release_follows_it_to_its_end(visit: Visit, app: App) -> None:
    v3 = version(app, 3)
    page = visit(app.owner)
    page.goto(path_of(app, "releases/v3/"))
    expect(page.locator("#way")).to_contain_text("v3 is on its way")

    settle_release(
        release=v3,
        succeeded=False,
        message="web.1 exited with 1 before it was ready.",
        actor=Actor.system(),
    )

    expect(page.locator("#way")).to_contain_text("v3 failed and never went live")
    expect(page.locator("#way pre")).to_contain_text("web.1 exited with 1")
    expect(page.locator("#release-facts")).to_contain_text("Failed")


@both
def test_one_scales_restarts_and_switches_maintenance(
    visit: Visit, app: App, javascript: bool
) -> None:
    go_live(version(app, 3), milliseconds=900)
    page = visit(app.owner, javascript=javascript)
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept()

    page.on("dialog", accept)
    page.goto(path_of(app, ""))

    page.get_by_label("worker").fill("3")
    page.get_by_role("button", name="Scale").click()
    expect(page.get_by_role("status").first).to_contain_text("worker: 3")
    app.refresh_from_db()
    assert formation_of(app, app.current_release.slug)["worker"] == 3

    page.get_by_role("button", name="Restart web.1").click()
    expect(page.get_by_text("Restarting web.1.")).to_be_visible()
    page.get_by_role("button", name="Switch maintenance on").click()
    expect(page.get_by_role("button", name="Switch maintenance off")).to_be_visible()
    expect(page.locator("#apphead")).to_contain_text("Maintenance")

    assert [each.partition("?")[0] for each in asked] == (
        [f"Scale {app}", f"Restart web.1 of {app}", "Switch maintenance on"]
        if javascript
        else []
    )


def test_what_is_refused_is_said_where_one_is(
    visit: Visit, watch: Watch, app: App
) -> None:
    watch.expect("422")
    page = visit(app.owner)
    page.goto(path_of(app, ""))
    page.get_by_label("Path that answers").fill("no slash")

    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("alert")).to_contain_text("A ready path begins with /")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Path that answers")).to_have_value("no slash")


def just_now(text: str) -> bytes:
    return stamped(text, second=(timezone.now() - START).total_seconds())


def test_a_log_is_followed_at_its_end_and_stays_where_one_reads(
    visit: Visit, app: App, log_folders: None
) -> None:
    log = process_log(app, "web.1")
    add(log, *(just_now(f"line {number}") for number in range(150)))
    page = visit(app.owner)
    page.goto(path_of(app, "logs/"))
    expect(page.get_by_text("line 149")).to_be_in_viewport()

    page.locator("label.kind", has_text="Follow").click()
    expect(page.get_by_text("Following")).to_be_visible()
    expect(page).to_have_url(re.compile("tail=on"))
    expect(page.get_by_text("line 149")).to_be_in_viewport()
    add(log, just_now("and one more"))
    expect(page.get_by_text("and one more")).to_be_in_viewport()

    expect(page.get_by_text("line 60", exact=True)).not_to_be_in_viewport()
    page.get_by_text("line 60", exact=True).scroll_into_view_if_needed()
    before = _top(page, "line 60")
    add(log, just_now("the last"))
    expect(page.get_by_text("the last")).to_be_attached()
    assert _top(page, "line 60") == pytest.approx(before, abs=1)
    assert page.locator("#lines li b").filter(has_text="web.1").count() == 152


def _top(page: Page, text: str) -> float:
    box = page.get_by_text(text, exact=True).bounding_box()
    assert box
    return box["y"]


@both
def test_a_log_is_narrowed(
    visit: Visit, app: App, log_folders: None, javascript: bool
) -> None:
    add(process_log(app, "web.1"), just_now("a request"))
    add(process_log(app, "worker.1"), just_now("a job"))
    page = visit(app.owner, javascript=javascript)
    page.goto(path_of(app, "logs/"))
    expect(page.get_by_text("a job")).to_be_visible()

    page.get_by_label("Process").fill("web")
    page.get_by_role("button", name="Apply").click()

    expect(page.get_by_text("a job")).to_have_count(0)
    expect(page.get_by_text("a request")).to_be_visible()
    expect(page).to_have_url(re.compile("process=web"))


@pytest.mark.parametrize(
    "rest", ["", "activity/", "releases/v3/", "releases/v2/", "logs/?tail=on"]
)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    visit: Visit, app: App, log_folders: None, rest: str
) -> None:
    add(process_log(app, "web.1"), just_now("long" * 200))
    step(version(app, 3), Step.RELEASE_PHASE)
    append_output(release=version(app, 3), lines=["long" * 200])
    page = visit(app.owner)
    page.goto(path_of(app, rest))

    refuse_violations(page)

    page.set_viewport_size({"width": 320, "height": 900})
    assert not page.evaluate(SIDEWAYS), page.evaluate(TOO_WIDE)


def test_axe_finds_nothing_once_a_release_failed(visit: Visit, app: App) -> None:
    go_live(version(app, 3), milliseconds=900)
    failed = make_deploy(app)
    page = visit(app.owner)
    page.goto(path_of(app, ""))
    settle_release(
        release=failed, succeeded=False, message="x" * 400, actor=Actor.system()
    )
    expect(page.locator("#way")).to_contain_text("failed")

    refuse_violations(page)

    page.set_viewport_size({"width": 320, "height": 900})
    assert not page.evaluate(SIDEWAYS), page.evaluate(TOO_WIDE)


def test_the_keyboard_alone_operates_an_app(visit: Visit, app: App) -> None:
    go_live(version(app, 3), milliseconds=900)
    page = visit(app.owner)
    page.on("dialog", lambda each: each.accept())
    page.goto(path_of(app, ""))

    page.get_by_label("web", exact=True).focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")

    notice = page.locator("#overview > [role=status]")
    expect(notice).to_contain_text("web: 3")
    expect(notice).to_be_focused()
