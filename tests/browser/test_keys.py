"""Keys: they lead everywhere, are listed, can be turned off, and leave typing alone."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.stories import make_story, path_of
from tests.browser.visiting import Visit


def entry(page: Page, number: int) -> str:
    return str(page.locator(".entry").nth(number).get_attribute("id"))


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def test_keys_step_through_the_timeline_and_open_an_entry(visit: Visit) -> None:
    app = make_story()
    page = visit(app.owner)
    page.goto(path_of(app, "activity/"))

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    assert focused(page) == entry(page, 2)
    page.keyboard.press("k")
    assert focused(page) == entry(page, 1)
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(path_of(app, "releases/v")))
    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(page).to_have_url(re.compile("/activity/$"))
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page).to_have_url(re.compile("/insights/$"))
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page.get_by_role("heading", name="Apps")).to_be_visible()


def test_a_menu_closes_by_escape_and_where_one_goes_on(visit: Visit) -> None:
    page = visit(make_story().owner)
    page.goto("/")
    menu = page.locator(".menu")
    summary, item = menu.locator("summary"), menu.get_by_role("link", name="Tokens")

    leaving: list[Callable[[], object]] = [
        lambda: item.press("Escape"),
        lambda: page.get_by_role("searchbox").focus(),
        lambda: page.get_by_role("heading", name="Apps").click(),
    ]
    for leave in leaving:
        summary.click()
        item.focus()
        expect(item).to_be_visible()
        leave()
        expect(item).to_be_hidden()
    summary.click()
    item.press("Escape")
    expect(summary).to_be_focused()


def test_keys_are_listed_and_can_be_turned_off(visit: Visit) -> None:
    app = make_story()
    page = visit(app.owner)
    page.goto(path_of(app, "activity/"))

    page.keyboard.press("/")
    expect(page.get_by_label("Text", exact=True)).to_be_focused()
    page.get_by_label("Who").press("?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    # Else it would be looked for, and be nobody.
    page.get_by_label("Who").fill("")
    # In a box that is ticked nothing is typed.
    page.get_by_label("Deploys").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.get_by_label("Keys do this").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Keyboard").click()
    page.get_by_label("Keys do this").check()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    assert focused(page) == entry(page, 0)
