"""A passkey in a real browser, with a device that Chromium plays."""

from playwright.sync_api import CDPSession, Page, expect

from tests.browser.stories import leave_open, make_story, path_of
from tests.browser.visiting import Visit


def plug_in(page: Page) -> tuple[CDPSession, str]:
    """Give the browser a device that keeps passkeys, and says yes to all."""
    chromium = page.context.new_cdp_session(page)
    chromium.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    added = chromium.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return chromium, added["authenticatorId"]


def test_a_passkey_is_added_gets_in_and_reveals_a_value(visit: Visit) -> None:
    app = make_story()
    page = visit(app.owner)
    chromium, device = plug_in(page)
    page.goto("/account/")
    page.get_by_role("link", name="Manage passkeys").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("laptop")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("Added laptop.")).to_be_visible()

    # One device has one passkey here.
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("has a passkey of yours already")).to_be_visible()

    page.context.clear_cookies()
    page.goto(path_of(app, "releases/v6/"))
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("button", name="Reveal COLOR")).to_be_visible()

    leave_open(page)
    page.get_by_role("button", name="Reveal COLOR").click()
    page.get_by_role("link", name="Use a passkey").click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("s3cret-red")).to_be_visible()

    # Whose device it is says no.
    page.context.clear_cookies()
    page.goto("/account/login/")
    said_no = {"authenticatorId": device, "isUserVerified": False}
    chromium.send("WebAuthn.setUserVerified", said_no)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("No passkey was given.")).to_be_visible()
