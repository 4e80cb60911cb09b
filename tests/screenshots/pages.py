"""Every page there is, of the demo: light, dark and on a phone, as it is before a rollback."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, StorageState, ViewportSize

APP = "/apps/load-tester/"
SIGNED_OUT = {"sign-in": "/account/login/"}
PAGES = {
    "apps": "/",
    "apps-searched": "/?q=load",
    "new-app": "/apps/new/",
    "all-activity": "/activity/",
    "all-insights": "/insights/",
    "all-ran-at": "/at/",
    "overview": APP,
    "activity": f"{APP}activity/",
    "activity-searched": f"{APP}activity/?search=pool",
    "release": f"{APP}releases/v35/",
    "release-failed": f"{APP}releases/v26/",
    "rollback": f"{APP}releases/v34/rollback/",
    "config": f"{APP}config/",
    "config-key": f"{APP}config/WEB_CONCURRENCY/",
    "config-value-erased": f"{APP}releases/v17/config/WEB_CONCURRENCY/erase/",
    "compare": f"{APP}compare/v34...v35/",
    "logs": f"{APP}logs/",
    "insights": f"{APP}insights/",
    "ran-at": f"{APP}at/",
    "access": f"{APP}access/",
    "settings": f"{APP}settings/",
    "export": f"{APP}export/",
    "destroy": f"{APP}settings/destroy/",
    "account": "/account/",
    "password": "/account/password/",
    "passkeys": "/account/passkeys/",
    "new-passkey": "/account/passkeys/add/",
    "tokens": "/account/tokens/",
    "new-token": "/account/tokens/new/",
    "two-factor": "/account/two-factor/",
    "display": "/account/display/",
    "cli": "/docs/cli/",
    "api": "/docs/api/",
    "not-found": "/apps/nothing/",
    "admin": "/admin/",
    "admin-releases": "/admin/releases/release/",
}
Theme = Literal["light", "dark"]
DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
LOOKS: dict[str, tuple[ViewportSize, Theme]] = {
    "light": (DESK, "light"),
    "dark": (DESK, "dark"),
    "phone": (PHONE, "light"),
}


def take_all(
    browser: Browser, base_url: str, signed_in: StorageState, folder: Path
) -> int:
    """Take a picture of each page in each look, into `folder`; how many that are."""
    taken = 0
    for look, (size, theme) in LOOKS.items():
        for pages, state in ((SIGNED_OUT, None), (PAGES, signed_in)):
            context = browser.new_context(
                base_url=base_url,
                viewport=size,
                color_scheme=theme,
                storage_state=state,
            )
            taken += sum(1 for _ in _taken(context, pages, folder, look))
            context.close()
    return taken


def _taken(
    context: BrowserContext, pages: dict[str, str], folder: Path, look: str
) -> Iterator[Path]:
    page = context.new_page()
    for name, path in pages.items():
        page.goto(path)
        picture = folder / f"{name}-{look}.png"
        page.screenshot(path=picture, full_page=True)
        yield picture
