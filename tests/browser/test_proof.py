"""A browser that was left open shows no secret to who finds it."""

import pytest
from playwright.sync_api import expect

from tests.browser.stories import leave_open, make_story, path_of
from tests.browser.visiting import Visit
from tests.factories import PASSWORD

both = pytest.mark.parametrize("javascript", [True, False], ids=["js", "no js"])


@both
def test_a_value_comes_after_the_password(visit: Visit, javascript: bool) -> None:
    app = make_story()
    page = visit(app.owner, javascript=javascript)
    leave_open(page)
    page.goto(path_of(app, "releases/v6/"))
    page.get_by_role("button", name="Reveal COLOR").click()
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()

    page.get_by_role("link", name="Not now").click()
    page.get_by_role("button", name="Reveal COLOR").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()

    expect(page.get_by_text("s3cret-red")).to_be_visible()
    page.get_by_role("link", name="Hide COLOR").click()
    expect(page.get_by_text("s3cret-red")).to_have_count(0)
