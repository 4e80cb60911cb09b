"""Two people at once, one person twice, a line that breaks, a session that ends."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import Locator, Page, Route, expect
from pytest_django import Settings

from releases.models import App
from releases.operations.hold_deploys import hold_deploys
from releases.operations.roll_back import roll_back
from tests.browser.stories import current, make_story, path_of
from tests.browser.visiting import Visit
from tests.browser.watching import Watch
from tests.factories import acting, make_config, make_member


def at_the_plan(page: Page, app: App, version: int = 5) -> Page:
    page.goto(path_of(app))
    page.get_by_role("link", name=f"Roll back to v{version}").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_label("can run on the database").check()
    page.get_by_label("Reason").fill("checkout is down")
    return page


def test_a_plan_that_moved_is_shown_anew_and_asks_again(
    visit: Visit, watch: Watch
) -> None:
    app = make_story()
    page = at_the_plan(visit(app.owner), app)
    make_config(app, COLOR="green")
    watch.expect("409")

    press = page.get_by_role("button", name="Roll back to v5")
    press.click()

    expect(page.get_by_role("alert").first).to_contain_text("moved since")
    expect(page.get_by_text("Now running: v7")).to_be_visible()
    expect(page.get_by_label("Reason")).to_have_value("checkout is down")
    assert current(app) == 7
    press.click()
    expect(page.locator("#made")).to_contain_text("v8 is live.")
    assert current(app) == 8


def test_a_dialog_stays_until_it_is_answered_and_keeps_what_is_typed(
    visit: Visit,
) -> None:
    app = make_story()
    page = at_the_plan(visit(app.owner), app, version=4)
    dialog = page.get_by_role("dialog")
    held: list[Route] = []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("link", name="Roll back to v4").click()
    expect(page.get_by_label("Reason")).to_have_value("checkout is down")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Roll back to v5").click()
    page.get_by_label("can run on the database").check()

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/rollback/", hold, times=1)
    page.get_by_role("button", name="Roll back to v5").click()
    expect(dialog.get_by_role("status")).to_have_text("Rolling back to v5…")
    for _ in range(3):
        page.keyboard.press("Escape")
    page.get_by_role("link", name="Cancel").click()
    expect(dialog).to_be_visible()
    held[0].continue_()

    expect(page.locator("#made")).to_contain_text("v7 is live.")
    expect(dialog).to_be_hidden()
    page.get_by_role("link", name="Roll back to v4").click()
    expect(page.get_by_label("Reason")).to_have_value("")


def test_a_double_click_makes_one_release(visit: Visit) -> None:
    app = make_story()
    page = at_the_plan(visit(app.owner), app)

    page.get_by_role("button", name="Roll back to v5").dblclick()

    expect(page.locator("#made")).to_contain_text("v7 is live.")
    assert app.releases.count() == 7


def test_after_a_lost_answer_pressing_again_makes_no_second_release(
    visit: Visit, watch: Watch
) -> None:
    app = make_story()
    page = at_the_plan(visit(app.owner), app)
    watch.expect("request failed: POST", "console error")

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page.route("**/rollback/", lose_the_answer, times=1)
    press = page.get_by_role("button", name="Roll back to v5")
    press.click()
    expect(page.get_by_text("No answer came")).to_be_visible()
    assert current(app) == 7
    press.click()

    expect(page.locator("#made")).to_contain_text("v7 is live.")
    assert app.releases.count() == 7


def test_what_gets_no_answer_says_so_until_one_comes(
    visit: Visit, watch: Watch
) -> None:
    app = make_story()
    page = visit(app.owner)
    page.goto(path_of(app))
    watch.expect("request failed: GET", "console error")
    said = page.get_by_role("alert").filter(has_text="Nothing came back")

    page.route(
        "**/rollback/", lambda route: route.abort("internetdisconnected"), times=1
    )
    plan = page.get_by_role("link", name="Roll back to v4")
    plan.click()
    expect(said).to_be_visible()
    plan.click()

    expect(page.get_by_role("dialog")).to_be_visible()
    expect(said).to_be_hidden()


def test_who_is_signed_out_keeps_what_is_typed_signs_in_and_comes_back(
    visit: Visit, watch: Watch
) -> None:
    app = make_story()
    page = at_the_plan(visit(app.owner), app)
    watch.expect("401")
    said = page.get_by_role("alert").filter(has_text="You are signed out")

    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    # A page that is open asks by itself what is new.
    expect(said).to_be_in_viewport()

    press = page.get_by_role("button", name="Roll back to v5")
    expect(press).to_be_visible()
    expect(said).not_to_be_focused()
    press.click()
    expect(said).to_be_focused()
    expect(page.get_by_label("Reason")).to_have_value("checkout is down")
    page.get_by_role("link", name="Close without rolling back").click()
    expect(said).to_be_in_viewport()
    said.get_by_role("link", name="Sign in again").click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page).to_have_url(re.compile("next=.*activity"))


def test_another_person_sees_who_did_it(visit: Visit) -> None:
    app = make_story()
    at_the_plan(visit(app.owner), app).get_by_role(
        "button", name="Roll back to v5"
    ).click()
    other = visit(app.owner)
    other.goto(path_of(app))

    expect(other.locator("#v7")).to_contain_text("checkout is down")
    expect(other.locator("#v6")).to_contain_text("Undone by v7")


@pytest.mark.parametrize("everywhere", [False, True], ids=["of the app", "of all apps"])
def test_what_somebody_else_did_is_told_and_moves_nothing(
    visit: Visit, everywhere: bool
) -> None:
    app = make_story()
    colleague = acting(make_member(app, "rollback").user)
    page = visit(app.owner, height=600)
    page.goto("/activity/" if everywhere else path_of(app, "activity/"))
    page.evaluate("window.stayed = true")
    newest = page.locator(".entry").first
    before = newest.bounding_box()

    roll_back(app=app, to=5, reason="p95", actor=colleague)

    told = page.get_by_role("link", name="1 new entry: Rollback to v5, by ")
    expect(told).to_be_visible(timeout=20_000)
    expect(page.get_by_role("status").filter(has_text="1 new entry")).to_be_attached()
    assert newest.bounding_box() == before
    if not everywhere:
        expect(page.locator("#now")).to_contain_text("v7")

    told.press("Enter")

    expect(newest).to_contain_text("Rollback to v5")
    expect(newest).to_have_attribute("data-new", "")
    expect(told).to_be_hidden()
    expect(page.locator("#log")).to_be_focused()
    assert page.evaluate("window.stayed") is True


def test_on_a_phone_filters_get_out_of_the_way_and_what_came_is_shown(
    visit: Visit,
) -> None:
    app = make_story()
    page = visit(app.owner, width=320, height=640)
    page.goto(path_of(app, "activity/"))

    page.get_by_role("button", name="Filter activity").click()
    page.get_by_text("Deploys", exact=True).click()
    expect(page).to_have_url(re.compile(r"/activity/\?kind=deploy$"))
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_label("Deploys")).to_be_hidden()
    expect(page.locator("#log")).to_contain_text("Only deploys")
    page.get_by_role("link", name="Show everything").click()
    expect(page).to_have_url(re.compile("/activity/$"))

    page.locator(".entry").last.scroll_into_view_if_needed()
    names = "".join(f"_OF_MANY_{number}" for number in range(9))
    make_config(app, **{f"ONE{names}": "x"})
    told = page.get_by_role("link", name="1 new entry")
    expect(told).to_be_visible(timeout=20_000)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    told.click()
    expect(page.locator(".entry").first).to_be_in_viewport()


def test_an_overview_follows_others_around_what_is_typed_opened_and_focused(
    visit: Visit, settings: Settings
) -> None:
    settings.ROLLBOOK_RUNTIME = True
    app = make_story()
    colleague = acting(make_member(app, "operate").user)
    page = visit(app.owner)
    page.goto(path_of(app, ""))
    page.evaluate("window.stayed = true")
    field = page.get_by_label("web", exact=True)
    opened = page.locator("#scale details dd").first
    page.get_by_text("Show the commands").click()
    field.fill("7")
    place = top(field)
    # Where a browser by itself would let it move.
    assert page.evaluate("scrollY") == 0

    hold_deploys(app=app, reason="p95 doubled " * 40, actor=colleague)

    told = page.get_by_role("status").filter(has_text="1 new entry: Held deploys")
    expect(told).to_be_attached()
    expect(page.locator("#app-signs")).to_contain_text("Deploys held by ")
    expect(page.locator("#held")).to_contain_text("p95 doubled")
    assert top(field) == pytest.approx(place, abs=1)
    expect(field).to_have_value("7")
    expect(field).to_be_focused()
    expect(opened).to_be_visible()

    link = page.locator("#latest").get_by_role("link", name="v6")
    link.focus()
    roll_back(app=app, to=5, actor=colleague)

    expect(page.locator("#now")).to_contain_text("v7")
    expect(page.locator("#latest [data-new]")).to_contain_text("Rollback to v5")
    expect(link).to_be_focused()
    expect(field).to_have_value("7")
    assert page.evaluate("window.stayed") is True


def top(of: Locator) -> float:
    box = of.bounding_box()
    assert box
    return box["y"]
