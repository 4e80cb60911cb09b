"""Changing config vars as a person does it: the change is seen before it is saved."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Dialog, expect

from tests.browser.stories import current, leave_open, make_story, path_of
from tests.browser.visiting import Visit
from tests.browser.watching import Watch
from tests.factories import PASSWORD

both = pytest.mark.parametrize("javascript", [True, False], ids=["js", "no js"])


@both
def test_the_pending_change_is_seen_and_saved_as_one_release(
    visit: Visit, javascript: bool
) -> None:
    app = make_story()
    page = visit(app.owner, javascript=javascript)
    page.goto(path_of(app, "config/"))
    page.get_by_label("New value of COLOR").fill("red")
    page.get_by_text("Paste a whole .env file").click()
    page.get_by_label("Lines of KEY=value").fill("MODE=fast\nSIZE='4 5'")

    if not javascript:
        # In a tab of its own, so that what is typed stays.
        with page.expect_popup() as revealed:
            page.get_by_role("button", name="Reveal COLOR").click()
        expect(revealed.value.get_by_text("s3cret-red")).to_be_visible()
        page.get_by_role("button", name="Review").click()
    pending = page.locator("#pending-changes")
    for line in ("COLOR changed", "MODE added", "SIZE added"):
        expect(pending).to_contain_text(line)
    expect(page.get_by_label("New value of COLOR")).to_have_value("red")
    page.get_by_role("button", name="Save as one release").click()

    expect(page.get_by_text("v7 is live: Set COLOR, MODE, SIZE")).to_be_visible()
    expect(page.get_by_label("New value of COLOR")).to_have_value("")
    assert current(app) == 7


def test_a_refused_change_stays_typed_until_it_is_mended_and_saved(
    watch: Watch, visit: Visit
) -> None:
    watch.expect("422")
    app = make_story()
    page = visit(app.owner)
    page.goto(path_of(app, "config/"))
    page.get_by_label("New value of COLOR").fill("red")
    page.get_by_label("Key of a new config var").first.fill("NO-KEY")
    page.get_by_label("Value of a new config var").first.fill("1")
    save = page.get_by_role("button", name="Save as one release")

    save.click()

    expect(page.locator("#content > [role=alert]")).to_be_focused()
    expect(page.get_by_label("New value of COLOR")).to_have_value("red")
    page.get_by_label("Key of a new config var").first.fill("A_KEY")
    save.click()
    expect(page.get_by_text("v7 is live: Set A_KEY, COLOR")).to_be_visible()
    assert page.evaluate("location.pathname") == path_of(app, "config/")


@pytest.mark.parametrize("button", ["Save as one release", "Review"])
def test_what_is_typed_stays_where_who_saves_it_was_signed_out(
    watch: Watch, visit: Visit, button: str
) -> None:
    watch.expect("401")
    app = make_story()
    page = visit(app.owner)
    page.goto(path_of(app, "config/"))
    page.get_by_label("New value of COLOR").fill("red")
    expect(page.locator("#pending-changes")).to_contain_text("COLOR changed")
    Session.objects.all().delete()

    page.get_by_role("button", name=button).click()

    expect(page.get_by_role("alert")).to_contain_text("You are signed out")
    expect(page.get_by_label("New value of COLOR")).to_have_value("red")
    assert current(app) == 6


def test_a_value_is_revealed_and_hidden_and_nothing_typed_is_lost(
    visit: Visit,
) -> None:
    app = make_story()
    page = visit(app.owner)
    page.goto(path_of(app, "config/"))
    page.get_by_label("New value of COLOR").fill("red")

    page.get_by_role("button", name="Reveal COLOR").click()
    hide = page.get_by_role("link", name="Hide COLOR")
    expect(page.get_by_text("s3cret-red")).to_be_visible()
    expect(hide).to_be_focused()
    hide.press("Enter")

    expect(page.get_by_role("button", name="Reveal COLOR")).to_be_focused()
    expect(page.get_by_text("s3cret-red")).to_have_count(0)
    expect(page.get_by_label("New value of COLOR")).to_have_value("red")

    leave_open(page)
    page.get_by_role("button", name="Reveal COLOR").click()
    expect(page.get_by_role("dialog", name="Is it you?")).to_be_visible()
    expect(page.get_by_label("Password")).to_be_focused()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_text("s3cret-red")).to_be_visible()
    expect(hide).to_be_focused()
    expect(page.get_by_label("New value of COLOR")).to_have_value("red")

    asked = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_label("New value of COLOR")).to_have_value("red")
    assert (asked, current(app)) == (["beforeunload"], 6)
