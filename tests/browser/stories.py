"""Apps for browsers to look at: each test has one of its own."""

import itertools

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from playwright.sync_api import Page

from releases.models import App, Process, Release, Rollout, User
from releases.operations.deploy import deploy
from releases.operations.roll_back import roll_back
from releases.operations.scale import scale
from releases.operations.settle_release import settle_release
from tests.factories import (
    FILES,
    acting,
    make_app,
    make_config,
    make_deploy,
    make_process,
    make_rollout,
    make_slug,
    make_user,
)

PROCFILE = "web: serve\nworker: work --hard\nrelease: migrate\n"
MIGRATION = "shop/migrations/0002_more.py"
_numbers = itertools.count(1)


def make_story(owner: User | None = None) -> App:
    """v2 deploys, v3 sets COLOR, v4 deploys, v5 goes back to v3, v6 ships a migration."""
    owner = owner or make_user(f"ada{next(_numbers)}@example.com")
    app = make_app(owner=owner)
    make_deploy(app)
    make_config(app, COLOR="s3cret-red")
    make_deploy(app)
    roll_back(app=app, to=3, reason="p95 doubled", actor=acting(owner))
    slug = make_slug(app, files={**FILES, MIGRATION: "x = 1"})
    deploy(app=app, slug=slug, actor=acting(owner))
    return App.objects.get(pk=app.pk)


def make_running_story() -> App:
    """Three processes of v2 run, and one crashed; v3 waits for the runtime.

    Releases settle later where this is used, and apps run there.
    """
    app = make_app(owner=make_user(f"ada{next(_numbers)}@example.com"))
    v2 = make_deploy(app, files={"Procfile": PROCFILE})
    make_rollout(v2)
    settle_release(release=v2, succeeded=True, actor=acting(app.owner))
    scale(app=app, quantities={"web": "2", "worker": "1"}, actor=acting(app.owner))
    app.refresh_from_db()
    step(v2, Rollout.Step.DONE, live_at=timezone.now(), answered_at=timezone.now())
    for process_type, number in (("web", 1), ("web", 2), ("run", 4711)):
        make_process(app, process_type, number)
    make_process(
        app,
        "worker",
        1,
        state=Process.State.CRASHED,
        message="exited with 1",
        restarts=3,
    )
    make_config(app, COLOR="s3cret-red")
    return App.objects.get(pk=app.pk)


def step(release: Release, step: Rollout.Step, **more: object) -> None:
    """Note that a release has come so far, as the runtime does."""
    Rollout.objects.update_or_create(
        release=release,
        defaults={"step": step, "step_at": timezone.now(), **more},
    )


def current(app: App) -> int:
    return App.objects.get(pk=app.pk).current_release.version


def path_of(app: App, rest: str = "activity/") -> str:
    return f"/apps/{app}/{rest}"


def leave_open(page: Page) -> None:
    """Let it be long ago that somebody signed in."""
    [key] = [
        cookie["value"]
        for cookie in page.context.cookies()
        if cookie["name"] == settings.SESSION_COOKIE_NAME
    ]
    session = SessionStore(key)
    for proof in session["account_authentication_methods"]:
        proof["at"] -= 3_600
    session.save()
