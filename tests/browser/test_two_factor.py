"""Two-factor as people meet it, from the QR code to the second step."""

import pytest
from playwright.sync_api import Page, expect

from releases.models import User
from tests.authenticator import code_of, make_two_factor
from tests.browser.stories import make_story
from tests.browser.visiting import Visit
from tests.factories import PASSWORD

both = pytest.mark.parametrize("javascript", [True, False], ids=["js", "no js"])


def sign_in(page: Page, user: User) -> None:
    page.goto("/account/login/")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def open_menu(page: Page) -> None:
    page.get_by_text("Your menu").locator("xpath=..").click()


def give_code(page: Page, code: str) -> None:
    page.get_by_label("Code", exact=True).fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()


@both
def test_it_is_turned_on_and_asked_for_at_the_next_sign_in(
    visit: Visit, javascript: bool
) -> None:
    user = make_story().owner
    page = visit(javascript=javascript)
    sign_in(page, user)
    open_menu(page)
    page.get_by_role("link", name="Account").click()
    page.get_by_role("link", name="Set up two-factor").click()
    page.get_by_role("link", name="Turn on").click()

    drawn = page.get_by_role("img", name="QR code").bounding_box()
    assert drawn
    assert drawn["width"] == drawn["height"] > 150
    key = page.get_by_label("Key", exact=True).input_value()
    code = code_of(key)
    page.get_by_label("Code", exact=True).fill(code)
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_text("10 left")).to_be_visible()
    open_menu(page)
    page.get_by_role("button", name="Sign out").click()

    sign_in(page, user)
    expect(page.get_by_role("heading", name="Enter a code")).to_be_visible()
    give_code(page, code)
    expect(page.get_by_text("This code is not right, or was used")).to_be_visible()
    give_code(page, code_of(key, later=1))

    expect(page.get_by_role("heading", name="Apps")).to_be_visible()


@both
def test_a_recovery_code_gets_in_and_the_phone_is_let_go(
    visit: Visit, javascript: bool
) -> None:
    user = make_story().owner
    phone = make_two_factor(user)
    page = visit(javascript=javascript)
    sign_in(page, user)
    give_code(page, phone.recovery_codes[0])
    page.goto("/account/two-factor/")
    expect(page.get_by_text("9 left")).to_be_visible()

    page.get_by_role("link", name="Turn off").click()
    page.get_by_role("button", name="Turn off").click()

    expect(page.get_by_text("Two-factor is off.")).to_be_visible()
    expect(page.get_by_role("link", name="Turn on")).to_be_visible()


def test_who_took_the_wrong_account_starts_over(visit: Visit) -> None:
    user = make_story().owner
    make_two_factor(user)
    page = visit()
    sign_in(page, user)

    page.get_by_role("button", name="Sign in as someone else").click()

    expect(page.get_by_label("E-mail")).to_be_visible()
