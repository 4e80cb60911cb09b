"""What people see who may do less, and values that stay where they belong."""

import pytest
from playwright.sync_api import expect

from tests.browser.stories import current, make_story, path_of
from tests.browser.visiting import Visit
from tests.browser.watching import Watch
from tests.factories import make_member, make_user

both = pytest.mark.parametrize("javascript", [True, False], ids=["js", "no js"])


def test_a_viewer_reads_plans_and_finds_no_button(visit: Visit) -> None:
    app = make_story()
    page = visit(make_member(app, "view").user)
    page.goto(path_of(app))

    expect(page.get_by_role("link", name="Roll back")).to_have_count(0)
    page.goto(path_of(app, "releases/v4/rollback/"))
    expect(page.get_by_text("Rolling back needs the rollback")).to_be_visible()
    expect(page.get_by_role("button", name="Roll back")).to_have_count(0)


def test_a_stranger_finds_nothing(visit: Visit, watch: Watch) -> None:
    app = make_story()
    page = visit(make_user())
    watch.expect("404")
    page.goto(path_of(app))

    expect(
        page.get_by_text(f"There is no app called {app} that you may see.")
    ).to_be_visible()


def test_who_may_only_roll_back_does_and_sees_no_value(visit: Visit) -> None:
    app = make_story()
    page = visit(make_member(app, "rollback").user)
    page.goto(path_of(app, "releases/v5/"))
    expect(page.get_by_role("button", name="Reveal")).to_have_count(0)

    page.get_by_role("link", name="Roll back to v5").click()
    page.get_by_label("can run on the database").check()
    page.get_by_role("button", name="Roll back to v5").click()

    expect(page.locator("#made")).to_contain_text("v7 is live.")
    assert current(app) == 7


@both
def test_a_value_is_revealed_hidden_and_gone(visit: Visit, javascript: bool) -> None:
    app = make_story()
    page = visit(app.owner, javascript=javascript)
    page.goto(path_of(app, "releases/v6/"))
    assert "s3cret" not in page.content()

    page.get_by_role("button", name="Reveal COLOR").click()
    expect(page.get_by_text("s3cret-red")).to_be_visible()
    page.get_by_role("link", name="Hide COLOR").click()
    expect(page.get_by_text("s3cret-red")).to_have_count(0)
    if javascript:
        expect(page.get_by_role("button", name="Reveal COLOR")).to_be_focused()
    page.get_by_role("button", name="Reveal COLOR").click()
    expect(page.get_by_text("s3cret-red")).to_be_visible()
    page.goto("/")
    page.goto(path_of(app, "releases/v6/"))

    assert "s3cret" not in page.content()
    assert app.activities.filter(kind="values.revealed").count() == 2


def test_a_page_that_comes_back_as_it_was_left_has_no_value(visit: Visit) -> None:
    app = make_story()
    page = visit(app.owner)
    page.goto(path_of(app, "releases/v6/"))
    page.get_by_role("button", name="Reveal COLOR").click()
    expect(page.get_by_text("s3cret-red")).to_be_visible()

    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")

    expect(page.get_by_text("s3cret-red")).to_have_count(0)
