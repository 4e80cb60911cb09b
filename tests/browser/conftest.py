"""Real browsers: Chromium over the pages of a real server, with and without scripts.

Nothing is emptied between these tests, since that takes longer than most of them: each
makes people and apps of its own, and sees only those.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.test.testcases import LiveServerThread
from playwright.sync_api import Page, Playwright, expect
from pytest_django import DjangoDbBlocker
from pytest_playwright.pytest_playwright import CreateContextCallback

from releases.models import User
from tests.browser.visiting import Visit
from tests.browser.watching import Watch, watching
from tests.signing_in import sign_in

# As bin/test looks for it.
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_IN_MILLISECONDS = 30_000
HERE = Path(__file__).parent

expect.set_options(timeout=PATIENCE_IN_MILLISECONDS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM is None:
        for item in items:
            if HERE in item.path.parents:
                item.add_marker(
                    pytest.mark.skip("no Chromium: apt-get install chromium")
                )


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any],
) -> dict[str, Any]:
    return {
        **browser_type_launch_args,
        "executable_path": CHROMIUM,
        "args": ARGUMENTS,
    }


@pytest.fixture(scope="session")
def base_url(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """Serve the pages; what was made through them is gone at the end."""
    thread = LiveServerThread("localhost", StaticFilesHandler)
    thread.daemon = True
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        # Playwright runs an event loop in this thread; nothing here waits for it.
        patch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        thread.start()
        thread.is_ready.wait()
        assert thread.error is None
        yield f"http://localhost:{thread.port}"
        thread.terminate()
        call_command("flush", verbosity=0, interactive=False)


@pytest.fixture(scope="session")
def playwright(base_url: str, playwright: Playwright) -> Iterator[Playwright]:
    """Playwright, which goes before the server and the database do."""
    yield playwright
    # Beside its event loop Django has connections of its own, which go with it.
    connections.close_all()


@pytest.fixture
def transactional_db(base_url: str) -> None:
    """The database, where what a test writes stays until the server ends."""


@pytest.fixture
def watch() -> Iterator[Watch]:
    with watching() as watch:
        yield watch


@pytest.fixture
def visit(
    transactional_db: None,
    watch: Watch,
    base_url: str,
    new_context: CreateContextCallback,
) -> Visit:
    def visit(
        user: User | None = None,
        *,
        javascript: bool = True,
        width: int = 1280,
        height: int = 900,
    ) -> Page:
        context = new_context(
            java_script_enabled=javascript,
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_IN_MILLISECONDS)
        watch.over(context)
        if user:
            client = Client()
            sign_in(client, user)
            name = settings.SESSION_COOKIE_NAME
            cookie = client.cookies[name].value
            context.add_cookies([{"name": name, "value": cookie, "url": base_url}])
        return context.new_page()

    return visit
