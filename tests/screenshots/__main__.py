"""bin/screenshots: every page of the demo in a real browser, and the pictures of README.md.

Those stand beside this file, the others in var/screenshots, out of git.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import (
    Browser,
    FloatRect,
    Page,
    ViewportSize,
    sync_playwright,
)

from tests.machine.processes import Up, up
from tests.ports import free_port
from tests.screenshots.pages import APP, take_all
from tests.throwaway import make_home

PICTURES = Path(__file__).parent
ALL_PICTURES = Path("var/screenshots").absolute()
EMAIL, PASSWORD = "dana@example.com", "a password of the pictures"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
SIZE: ViewportSize = {"width": 1280, "height": 960}
# Down to where the first rollback went.
ALL_OF_A_ROLLBACK: FloatRect = {"x": 0, "y": 0, "width": 1280, "height": 1690}
UPPER_HALF: FloatRect = {"x": 0, "y": 0, "width": 1280, "height": 600}
ACTIVITY = f"{APP}activity/"


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is missing: `apt-get install chromium`.")
    home = make_home()
    settings = {
        "ROLLBOOK_ADMIN_EMAIL": EMAIL,
        "ROLLBOOK_ADMIN_PASSWORD": PASSWORD,
        "ROLLBOOK_RUNTIME": "true",
        "ROUTER_PORT": str(free_port()),
    }
    try:
        with (
            up(home, "--demo", settings=settings) as running,
            sync_playwright() as play,
        ):
            browser = play.chromium.launch(executable_path=chromium, args=[*FLAGS])
            _take(browser, running)
            browser.close()
    finally:
        shutil.rmtree(home.parent)


def _take(browser: Browser, running: Up) -> None:
    page = browser.new_page(viewport=SIZE, base_url=f"http://localhost:{running.port}")
    _sign_in(page)
    # That page follows what has just begun to run.
    page.goto(APP)
    page.locator("#running").get_by_text("Up", exact=True).wait_for()
    ALL_PICTURES.mkdir(parents=True, exist_ok=True)
    base_url = f"http://localhost:{running.port}"
    taken = take_all(browser, base_url, page.context.storage_state(), ALL_PICTURES)
    sys.stdout.write(f"{taken} pictures of all pages are in {ALL_PICTURES}.\n")
    _take_for_readme(page)


def _take_for_readme(page: Page) -> None:
    page.goto(ACTIVITY)
    page.screenshot(
        path=PICTURES / "activity.png", full_page=True, clip=ALL_OF_A_ROLLBACK
    )
    page.get_by_role("link", name="Roll back to v34").click()
    page.get_by_role("dialog").wait_for()
    page.screenshot(path=PICTURES / "rollback.png")
    page.get_by_label("v34 can run on the database as it is now").check()
    page.get_by_role("button", name="Roll back to v34").click()
    page.get_by_role("heading", name="v36 is live").wait_for()
    page.screenshot(path=PICTURES / "rolled-back.png", clip=UPPER_HALF)


def _sign_in(page: Page) -> None:
    page.goto("/account/login/")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Apps").wait_for()


if __name__ == "__main__":
    main()
