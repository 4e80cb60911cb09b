"""Going back, as a person does it: with scripts and without, by mouse and by keyboard."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from releases.models import User
from tests.browser.stories import current, make_story, path_of
from tests.browser.visiting import Visit
from tests.browser.watching import Watch
from tests.factories import PASSWORD, make_config

both = pytest.mark.parametrize("javascript", [True, False], ids=["js", "no js"])


@both
def test_from_signing_in_to_going_back_and_undoing_it(
    visit: Visit, javascript: bool
) -> None:
    app = make_story()
    owner = User.objects.get(pk=app.owner_id)
    page = visit(javascript=javascript)
    page.goto("/")
    page.get_by_label("E-mail").fill(owner.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=app.name, exact=True).click()
    undone = page.locator("#v4")
    expect(undone.locator("s")).to_be_visible()
    expect(undone.get_by_text("Undone by v5")).to_be_visible()
    expect(page.locator("#v6")).to_contain_text("Current release")

    page.evaluate("window.stayed = true") if javascript else None
    page.get_by_role("link", name="Roll back to v4").click()
    if javascript:
        expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("Roll back"))).to_be_visible()
    expect(page.get_by_text("shop/0002_more")).to_be_visible()
    page.get_by_label("can run on the database").check()
    page.get_by_label("Reason").fill("checkout is down")
    page.get_by_label("Incident link").fill("https://status.example.com/42")
    page.get_by_label("as bad").check()
    page.get_by_role("button", name="Roll back to v4").click()

    made = page.locator("#made")
    expect(made).to_contain_text("Rolled back to v4. v7 is live.")
    expect(page.locator("#v7")).to_contain_text(owner.email)
    expect(page.locator("#v7")).to_contain_text("checkout is down")
    expect(page.locator("#v6")).to_contain_text("Marked bad")
    expect(page).to_have_url(re.compile(path_of(app)))
    if javascript:
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(made).to_be_focused()
        assert page.evaluate("window.stayed") is True
    assert current(app) == 7

    page.get_by_role("link", name="Undo: roll back to v6").click()
    page.get_by_label("can run on the database").check()
    page.get_by_label("Go there all the same").check()
    page.get_by_role("button", name="Roll back to v6").click()
    expect(page.locator("#made")).to_contain_text("Rolled back to v6. v8 is live.")
    assert current(app) == 8


@both
def test_choosing_what_to_roll_back_shows_its_plan_and_keeps_what_was_typed(
    visit: Visit, javascript: bool
) -> None:
    app = make_story()
    page = visit(app.owner, javascript=javascript)
    page.goto(path_of(app))
    page.get_by_role("link", name="Roll back to v2").click()
    page.get_by_label("Reason").fill("typed before")

    page.get_by_label("Config only").check()
    if javascript:
        # The tick goes with the plan that asked for it: from here on it is the new one.
        expect(page.get_by_label("can run on the database")).to_have_count(0)
        expect(page.get_by_label("Config only")).to_be_focused()
    else:
        page.get_by_role("button", name="Show the plan for this choice").click()

    expect(page.get_by_label("can run on the database")).to_have_count(0)
    expect(page.get_by_text("Stays as it is").first).to_be_visible()
    expect(page.get_by_label("Reason")).to_have_value("typed before")
    page.get_by_role("button", name="Roll back to v2").click()
    expect(page.locator("#v7")).to_contain_text("config only")


def test_what_is_typed_while_a_plan_is_on_its_way_stays(visit: Visit) -> None:
    app = make_story()
    page = visit(app.owner)
    page.goto(path_of(app))
    page.get_by_role("link", name="Roll back to v2").click()

    def type_meanwhile(route: Route) -> None:
        page.get_by_label("Reason").fill("typed meanwhile")
        route.continue_()

    page.route("**/rollback/", type_meanwhile)
    page.get_by_label("Config only").check()

    expect(page.get_by_text("Stays as it is").first).to_be_visible()
    expect(page.get_by_label("Reason")).to_have_value("typed meanwhile")


def test_the_dialog_takes_the_focus_and_gives_it_back(visit: Visit) -> None:
    app = make_story()
    page = visit(app.owner)
    page.goto(path_of(app))
    opener = page.get_by_role("link", name="Roll back to v4")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate("document.activeElement.closest('dialog') !== null")

    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert current(app) == 6


def test_the_keyboard_alone_is_enough(visit: Visit) -> None:
    app = make_story()
    page = visit(app.owner)
    page.goto(path_of(app))

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    _tab_to(page, "Roll back to v4")
    page.keyboard.press("Enter")
    # It takes the focus once it is there: what is pressed before that goes astray.
    expect(page.get_by_role("heading", name="to v4?")).to_be_focused()
    _tab_to(page, "can run on the database")
    page.keyboard.press("Space")
    _tab_to(page, "Roll back to v4")
    page.keyboard.press("Enter")

    expect(page.locator("#made")).to_contain_text("v7 is live.")
    assert current(app) == 7


def test_older_entries_are_added_below(visit: Visit) -> None:
    app = make_story()
    for number in range(60):
        make_config(app, COLOR=str(number))
    page = visit(app.owner)
    page.goto(path_of(app))
    expect(page.locator("li.entry")).to_have_count(50)

    page.get_by_role("link", name="Load older activity").click()

    expect(page.locator("#v1")).to_be_attached()
    ids = page.eval_on_selector_all("[id]", "all => all.map(each => each.id)")
    assert len(ids) == len(set(ids))
    expect(page.locator(".day-title")).to_have_count(1)


@both
def test_filters_are_the_address_and_back_goes_back(
    visit: Visit, javascript: bool
) -> None:
    app = make_story()
    page = visit(app.owner, javascript=javascript)
    page.goto(path_of(app))

    page.locator("label.kind", has_text="Config").click()
    if not javascript:
        page.get_by_role("button", name="Apply").click()

    expect(page.locator("#v3")).to_be_visible()
    expect(page.locator("#v6")).to_have_count(0)
    expect(page).to_have_url(re.compile("kind=config"))
    page.go_back()
    expect(page.locator("#v6")).to_be_visible()


def test_filters_that_are_typed_and_applied_are_one_step_of_the_history(
    visit: Visit,
) -> None:
    app = make_story()
    page = visit(app.owner)
    page.goto(path_of(app))
    before = page.evaluate("history.length")

    page.get_by_label("Who").fill(app.owner.email)
    with page.expect_response(re.compile("who=")):
        page.get_by_label("Who").blur()
    expect(page).to_have_url(re.compile("who="))
    with page.expect_response(re.compile("who=")):
        page.get_by_role("button", name="Apply").click()
    page.wait_for_load_state("networkidle")

    assert page.evaluate("history.length") == before + 1


@both
def test_an_app_is_made_or_its_name_refused(
    visit: Visit, watch: Watch, javascript: bool
) -> None:
    app = make_story()
    watch.expect("422")
    name = f"new-{app}"
    page = visit(app.owner, javascript=javascript)
    page.goto("/")
    page.get_by_role("link", name="New app").click()
    page.get_by_label("Name").fill(app.name)
    page.get_by_role("button", name="Create app").click()
    expect(page.get_by_text(f"The name {app} is taken.")).to_be_visible()

    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create app").click()

    expect(page.get_by_text(f"./manage.py deploy {name}")).to_be_visible()


def _tab_to(page: Page, label: str) -> None:
    for _ in range(120):
        page.keyboard.press("Tab")
        said = page.evaluate(
            """() => { const at = document.activeElement;
                if (!at.matches("a, button, input")) return "";
                return (at.labels?.[0] ?? at).textContent }"""
        )
        if label in said:
            return
    raise AssertionError(f"{label!r} cannot be reached")
