"""Every page and state, in both themes and at two widths: axe finds nothing."""

from collections.abc import Callable

import pytest
from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from allauth.account.utils import user_pk_to_url_str
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from releases.models import App, Process
from releases.operations.change_config import change_config
from releases.operations.create_app import create_app
from releases.operations.hold_deploys import hold_deploys
from releases.operations.passkeys import add_passkey
from releases.operations.roll_back import roll_back
from releases.operations.tokens import create_token
from tests.authenticator import make_two_factor
from tests.browser.stories import leave_open, make_story, path_of
from tests.browser.visiting import Visit
from tests.browser.watching import Watch
from tests.factories import (
    PASSWORD,
    acting,
    make_config,
    make_member,
    make_process,
    make_user,
)

RUN = """() => axe.run({
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    resultTypes: ["violations"],
    preload: false,  // It would fetch what style sheets import, which the policy minds.
}).then(found => found.violations.map(each =>
    `${each.id}: ${each.nodes.map(node => node.html.slice(0, 200)).join(" | ")}`))"""
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
SCROLLS = "each => each.scrollWidth > each.clientWidth"
TOO_WIDE = """[...document.querySelectorAll("main *")]
    .filter(each => each.getBoundingClientRect().right > innerWidth)
    .map(each => each.outerHTML.slice(0, 120))"""
LONG = "X" * 250
Go = Callable[[Page, App], None]


def page_at(rest: str) -> Go:
    return lambda page, app: _arrive(page, path_of(app, rest))


def _arrive(page: Page, path: str) -> None:
    page.goto(path)


def _signing_in_wrongly(page: Page, _app: App) -> None:
    page.context.clear_cookies()
    page.goto("/account/login/")
    page.get_by_label("E-mail").fill("nobody@example.com")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()


def _news(page: Page, app: App) -> None:
    page.goto(path_of(app, "activity/"))
    make_config(app, COLOR="green")
    expect(page.locator("#news a")).to_be_visible(timeout=20_000)


def _config_moved(page: Page, app: App) -> None:
    page.goto(path_of(app, "config/"))
    make_config(app, COLOR="green")
    page.get_by_label("New value of COLOR").fill("red")
    # Else it would be cut off by what follows.
    expect(page.locator("#pending-changes")).to_contain_text("COLOR")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("was changed since")


def _config_wrong(page: Page, app: App) -> None:
    page.goto(path_of(app, "config/"))
    page.get_by_role("button", name="Reveal COLOR").click()
    expect(page.get_by_role("link", name="Hide COLOR")).to_be_visible()
    page.get_by_label("Key of a new config var").first.fill("NOT FINE")
    page.get_by_text("Paste a whole .env file").click()
    page.get_by_label("Lines of KEY=value").fill("nothing")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Mend what is marked")


def _config_key(page: Page, app: App) -> None:
    make_config(app, COLOR="green")
    make_config(app, "COLOR")
    page.goto(path_of(app, "config/COLOR/"))


def _config_key_revealed(page: Page, app: App) -> None:
    page.goto(path_of(app, "config/COLOR/"))
    page.get_by_role("button", name="Reveal COLOR").click()
    expect(page.get_by_role("link", name="Hide COLOR")).to_be_visible()


def _erasing(page: Page, app: App) -> None:
    make_config(app, COLOR="green")
    page.goto(path_of(app, "releases/v3/config/COLOR/erase/"))
    page.get_by_label("to confirm").fill("another")
    page.get_by_role("button", name="Erase").click()
    expect(page.locator("#confirm-error")).to_be_visible()


def _compare(page: Page, app: App) -> None:
    page.goto(path_of(app, "compare/v2...v6/"))
    page.locator("details.diff summary").first.click()
    expect(page.get_by_role("region", name="Diff of")).to_be_visible()


def _access(page: Page, app: App) -> None:
    make_member(app, "rollback", "deploy")
    page.goto(path_of(app, "access/"))
    page.locator("summary", has_text="rollback").click()


def _destroying(page: Page, app: App) -> None:
    page.goto(path_of(app, "settings/destroy/"))
    page.get_by_label("to confirm").fill("another")
    page.get_by_role("button", name="Destroy").click()
    expect(page.locator("#confirm-error")).to_be_visible()


def _needing_somebody(page: Page, app: App) -> None:
    hold_deploys(app=app, reason="incident 42", actor=acting(app.owner))
    make_process(app, "web", 1, state=Process.State.CRASHED)
    page.goto("/")
    expect(page.get_by_text("Crashed")).to_be_visible()


def _insights(page: Page, _app: App) -> None:
    page.goto("/insights/")
    for summary in page.get_by_text("Numbers and limits").all():
        summary.click()


def _no_insights(page: Page, app: App) -> None:
    fresh = create_app(name=f"quiet-{app}", actor=acting(app.owner))
    page.goto(path_of(fresh, "insights/"))


def _keys(page: Page, app: App) -> None:
    page.goto(path_of(app))
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()


def _in_the_dialog(page: Page, app: App) -> None:
    page.goto(path_of(app))
    page.get_by_role("link", name="Roll back to v4").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _refused_in_the_dialog(page: Page, app: App) -> None:
    _in_the_dialog(page, app)
    make_config(app, COLOR="green")
    page.get_by_label("can run on the database").check()
    page.get_by_role("button", name="Roll back to v4").click()
    expect(page.get_by_role("alert").first).to_be_visible()


def _revealed(page: Page, app: App) -> None:
    page.goto(path_of(app, "releases/v6/"))
    page.get_by_text("Mark v6 as bad").click()
    page.get_by_label("Why it is bad").fill(" ")
    page.get_by_role("button", name="Mark as bad").click()
    expect(page.locator("#error-bad")).to_be_visible()
    page.get_by_role("button", name="Reveal COLOR").click()
    expect(page.get_by_role("link", name="Hide COLOR")).to_be_visible()


def _asked_who_it_is(page: Page, app: App) -> None:
    page.goto(path_of(app, "releases/v6/"))
    leave_open(page)
    page.get_by_role("button", name="Reveal COLOR").click()
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Incorrect password.")).to_be_visible()


def _new_token(page: Page, _app: App) -> None:
    page.goto("/account/tokens/new/")
    page.get_by_label("Name").fill(" ")
    page.get_by_role("button", name="Make").click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()


def _shown_token(page: Page, _app: App) -> None:
    page.goto("/account/tokens/new/")
    page.get_by_label("Name").fill(LONG[:100])
    page.get_by_role("button", name="Make").click()
    expect(page.get_by_label("Secret")).to_be_visible()


def _tokens(page: Page, app: App) -> None:
    create_token(user=app.owner, name=LONG[:100], actor=acting(app.owner))
    page.goto("/account/tokens/")


def _revoking_a_token(page: Page, app: App) -> None:
    _tokens(page, app)
    page.get_by_role("link", name="Revoke").click()
    expect(page.get_by_role("button", name="Revoke")).to_be_visible()


def _just_rolled_back(page: Page, app: App) -> None:
    roll_back(app=app, to=5, actor=acting(app.owner))
    page.goto(path_of(app, "activity/?made=v7"))
    expect(page.locator("#made")).to_be_visible()


def _held(page: Page, app: App) -> None:
    hold_deploys(app=app, reason="incident 42", actor=acting(app.owner))
    page.goto(path_of(app))


def _new_app(page: Page, app: App) -> None:
    fresh = create_app(name=f"fresh-{app}", actor=acting(app.owner))
    page.goto(path_of(fresh))


def _name_refused(page: Page, app: App) -> None:
    page.goto("/apps/new/")
    page.get_by_label("Name").fill("X")
    page.get_by_role("button", name="Create app").click()
    expect(page.locator("#name-error")).to_be_visible()


def _password_again_wrongly(page: Page, _app: App) -> None:
    page.goto("/account/confirm/?next=/account/two-factor/on/")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Incorrect password.")).to_be_visible()


def _changing_the_password(page: Page, _app: App) -> None:
    page.goto("/account/password/")
    page.get_by_label("Your password now").fill("wrong")
    page.get_by_label("New password").fill("short")
    page.get_by_label("The same again").fill("another")
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_text("Incorrect password.")).to_be_visible()


def _password_by_mail(page: Page, app: App) -> None:
    uid = user_pk_to_url_str(app.owner)
    key = EmailAwarePasswordResetTokenGenerator().make_token(app.owner)
    page.goto(f"/account/password/reset/by/{uid}-{key}/")
    page.get_by_label("New password").fill("short")
    page.get_by_label("The same again").fill("another")
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_text("too short")).to_be_visible()


def _passkeys(page: Page, app: App) -> None:
    add_passkey(name=LONG[:100], credential={}, actor=acting(app.owner))
    page.goto("/account/passkeys/")


def _a_passkey(page: Page, app: App) -> None:
    _passkeys(page, app)
    page.get_by_role("link", name="Rename or remove").click()
    page.get_by_label("Name").fill(" ")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_text("name is needed")).to_be_visible()


def _turning_on_two_factor(page: Page, _app: App) -> None:
    page.goto("/account/two-factor/on/")
    page.get_by_label("Code", exact=True).fill("no code")
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text("This code is not right")).to_be_visible()


def _two_factor(page: Page, app: App) -> None:
    make_two_factor(app.owner)
    page.goto("/account/two-factor/")


def _turning_off_two_factor(page: Page, app: App) -> None:
    make_two_factor(app.owner)
    page.goto("/account/two-factor/off/")
    expect(page.get_by_role("button", name="Turn off")).to_be_visible()


def _new_recovery_codes(page: Page, app: App) -> None:
    make_two_factor(app.owner)
    page.goto("/account/two-factor/codes/")
    expect(page.get_by_role("button", name="Make new ones")).to_be_visible()


def _shown_recovery_codes(page: Page, app: App) -> None:
    _new_recovery_codes(page, app)
    page.get_by_role("button", name="Make new ones").click()
    expect(page.get_by_role("link", name="Done")).to_be_visible()


def _second_step(page: Page, app: App) -> None:
    make_two_factor(app.owner)
    page.context.clear_cookies()
    page.goto("/account/login/")
    page.get_by_label("E-mail").fill(app.owner.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code", exact=True).fill("no code")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("This code is not right")).to_be_visible()


STATES: dict[str, tuple[Go, tuple[str, ...]]] = {
    "sign in": (_signing_in_wrongly, ()),
    "apps": (lambda page, _: _arrive(page, "/"), ()),
    "apps that need somebody": (_needing_somebody, ()),
    "apps without a match": (lambda page, _: _arrive(page, "/?q=nothing"), ()),
    "new app": (_name_refused, ("422",)),
    "activity": (page_at("activity/"), ()),
    "activity of a new app": (_new_app, ()),
    "activity while held": (_held, ()),
    "activity without a match": (page_at("activity/?since=2999-01-01"), ()),
    "activity after a rollback": (_just_rolled_back, ()),
    "activity of all": (lambda page, _: _arrive(page, "/activity/"), ()),
    "activity with news": (_news, ()),
    "config vars": (page_at("config/"), ()),
    "config vars that moved": (_config_moved, ("409",)),
    "config vars that are wrong": (_config_wrong, ("422",)),
    "config key": (_config_key, ()),
    "config key revealed": (_config_key_revealed, ()),
    "erasing a value": (_erasing, ("422",)),
    "compare": (_compare, ()),
    "compare with what is not there": (page_at("compare/v2...v99/"), ("404",)),
    "what ran at": (page_at("at/"), ()),
    "what ran at, of all": (lambda page, _: _arrive(page, "/at/"), ()),
    "access": (_access, ()),
    "settings": (page_at("settings/"), ()),
    "destroying": (_destroying, ("422",)),
    "insights": (_insights, ()),
    "insights of an app": (page_at("insights/?weeks=4"), ()),
    "insights without anything": (_no_insights, ()),
    "export": (page_at("export/"), ()),
    "export refused": (
        page_at("export/?since=2026-02-01&until=2026-01-01&format=csv"),
        ("422",),
    ),
    "keys": (_keys, ()),
    "theme and times": (lambda page, _: _arrive(page, "/account/display/"), ()),
    "current release": (page_at("releases/v6/"), ()),
    "old release": (page_at("releases/v4/"), ()),
    "first release": (page_at("releases/v1/"), ()),
    "revealed value": (_revealed, ("422",)),
    "asked who it is, as a dialog": (_asked_who_it_is, ()),
    "plan as a page": (page_at("releases/v4/rollback/"), ()),
    "blocked plan": (page_at("releases/v6/rollback/"), ()),
    "plan as a dialog": (_in_the_dialog, ()),
    "stale plan": (_refused_in_the_dialog, ("409",)),
    "no such release": (page_at("releases/v99/"), ("404",)),
    "no such page": (lambda page, _: _arrive(page, "/nothing/"), ("404",)),
    "account": (lambda page, _: _arrive(page, "/account/"), ()),
    "changing the password": (_changing_the_password, ("422",)),
    "forgotten password": (
        lambda page, _: _arrive(page, "/account/password/reset/"),
        (),
    ),
    "password by mail": (_password_by_mail, ()),
    "no passkeys": (lambda page, _: _arrive(page, "/account/passkeys/"), ()),
    "adding a passkey": (lambda page, _: _arrive(page, "/account/passkeys/add/"), ()),
    "passkeys": (_passkeys, ()),
    "a passkey": (_a_passkey, ("422",)),
    "two-factor off": (lambda page, _: _arrive(page, "/account/two-factor/"), ()),
    "two-factor": (_two_factor, ()),
    "password again": (_password_again_wrongly, ()),
    "turning on two-factor": (_turning_on_two_factor, ("422",)),
    "turning off two-factor": (_turning_off_two_factor, ()),
    "new recovery codes": (_new_recovery_codes, ()),
    "shown recovery codes": (_shown_recovery_codes, ()),
    "second step": (_second_step, ()),
    "no tokens": (lambda page, _: _arrive(page, "/account/tokens/"), ()),
    "tokens": (_tokens, ()),
    "new token": (_new_token, ("422",)),
    "shown token": (_shown_token, ()),
    "revoking a token": (_revoking_a_token, ()),
    "Heroku CLI": (lambda page, _: _arrive(page, "/docs/cli/"), ()),
    "API": (lambda page, _: _arrive(page, "/docs/api/"), ()),
    "sign out": (lambda page, _: _arrive(page, "/account/logout/"), ()),
}


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(visit: Visit, watch: Watch, state: str) -> None:
    go, expected = STATES[state]
    app = make_story()
    watch.expect(*expected)
    page = visit(app.owner)

    go(page, app)

    refuse_violations(page)


@pytest.mark.parametrize("model", ["release", "activity", "access", "user"])
def test_axe_finds_nothing_in_the_admin(visit: Visit, watch: Watch, model: str) -> None:
    app = make_story()
    keys = {"SIZE": "9", LONG[:125]: "9"}
    change_config(app=app, set_vars=keys, actor=acting(app.owner))
    page = visit(make_user(superuser=True))
    page.goto(f"/admin/releases/{model}/?q={app}")
    refuse_violations(page)

    if model == "release":
        page.goto(f"/admin/releases/release/{app.releases.get(version=7).pk}/change/")
        expect(page.get_by_text("SIZE").first).to_be_visible()
        assert page.locator("#config-diff .scroll").evaluate(SCROLLS) is False
    else:
        page.goto(f"/admin/releases/{model}/add/" if model != "activity" else "/admin/")
    refuse_violations(page)


def refuse_violations(page: Page) -> None:
    page.evaluate(AXE_SCRIPT)
    found = {}
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        if "/admin/" in page.url:
            # Its colours take their time to change, and are neither meanwhile.
            page.reload()
            page.evaluate(AXE_SCRIPT)
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            found[width, theme] = page.evaluate(RUN)
    assert not any(found.values()), found


def test_who_has_no_app_yet_is_welcomed_accessibly(visit: Visit) -> None:
    page = visit(make_user())
    page.goto("/")

    page.evaluate(AXE_SCRIPT)
    assert page.evaluate(RUN) == []


def test_nothing_scrolls_sideways_however_long_it_is(visit: Visit) -> None:
    owner = make_user(f"{'long-' * 10}name@{'sub.' * 8}example.com")
    app = create_app(name=f"a{'b' * 28}c", actor=acting(owner))
    change_config(app=app, set_vars={LONG: "1"}, reason="y" * 400, actor=acting(owner))
    change_config(app=app, set_vars={LONG: "2"}, actor=acting(owner))
    add_passkey(name=LONG[:100], credential={}, actor=acting(owner))
    page = visit(owner)

    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        for path in (
            "/",
            "/activity/",
            "/insights/",
            path_of(app, "insights/"),
            path_of(app, "export/"),
            path_of(app, "activity/"),
            path_of(app, "config/"),
            path_of(app, "compare/v1...v3/"),
            path_of(app, "access/"),
            path_of(app, "settings/"),
            path_of(app, "at/"),
            "/at/",
            "/account/",
            "/account/passkeys/",
            "/account/display/",
            "/apps/new/",
            "/account/two-factor/",
            "/account/tokens/",
            "/account/tokens/new/",
            "/docs/cli/",
            "/docs/api/",
            path_of(app),
            path_of(app, "config/"),
            path_of(app, f"config/{LONG}/"),
            path_of(app, "releases/v2/"),
            path_of(app, "releases/v2/rollback/"),
        ):
            page.goto(path)
            assert not page.evaluate(SIDEWAYS), (path, width, page.evaluate(TOO_WIDE))
