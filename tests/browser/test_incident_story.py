"""The night of a bad deploy: from a few words to what it changed, back, seen, and undone."""

import pytest
from playwright.sync_api import expect

from releases.operations.deploy import deploy
from tests.browser.stories import MIGRATION, current, make_story, path_of
from tests.browser.visiting import Visit
from tests.factories import FILES, acting, make_member, make_slug


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "no js"])
def test_who_is_on_call_finds_the_bad_deploy_goes_back_and_is_seen(
    visit: Visit, javascript: bool
) -> None:
    app = make_story()
    bad = make_slug(
        app,
        files={**FILES, MIGRATION: "x = 1", "billing.py": "total = 0\n"},
        commit_title=f"Round the invoices of {app}",
    )
    deploy(app=app, slug=bad, actor=acting(app.owner))
    on_call = visit(make_member(app, "rollback").user, javascript=javascript)
    watching = visit(app.owner)
    watching.goto(path_of(app))

    on_call.goto("/activity/")
    on_call.keyboard.press("/") if javascript else None
    text = on_call.get_by_role("searchbox", name="Text")
    text.fill(f"{app} INVOICES")
    text.blur() if javascript else text.press("Enter")
    expect(on_call.locator(".entry")).to_have_count(1)
    on_call.get_by_role("link", name="v7", exact=True).click()
    on_call.get_by_role("link", name="Compare with v6").click()
    on_call.locator("details.diff", has_text="billing.py").locator("summary").click()
    if not javascript:
        on_call.get_by_role("link", name="Show how it differs").last.click()
    expect(on_call.get_by_text("total = 0")).to_be_visible()

    on_call.get_by_role("link", name="Activity", exact=True).last.click()
    on_call.get_by_role("link", name="Back to the last known good").click()
    on_call.get_by_label("Reason").fill("Invoices are zero")
    on_call.get_by_label("as bad").check()
    on_call.get_by_role("button", name="Roll back to v6").click()
    expect(on_call.locator("#made")).to_contain_text("Rolled back to v6. v8 is live.")
    assert current(app) == 8

    told = watching.get_by_role("link", name="2 new entries")
    expect(told).to_be_visible(timeout=20_000)
    expect(watching.locator("#now")).to_contain_text("v8")
    told.click()
    expect(watching.locator("#v8")).to_contain_text("Invoices are zero")
    expect(watching.locator("#v7")).to_contain_text("Undone by v8")

    on_call.get_by_role("link", name="Undo: roll back to v7").click()
    on_call.get_by_label("Go there all the same").check()
    on_call.get_by_role("button", name="Roll back to v7").click()
    expect(on_call.locator("#made")).to_contain_text("Rolled back to v7. v9 is live.")
    assert current(app) == 9

    on_call.emulate_media(media="print")
    expect(on_call.get_by_text("printed by")).to_be_visible()
    expect(on_call.get_by_role("link", name="Details of v9")).to_be_hidden()
