"""Apps for browsers to look at: each test has one of its own."""

import itertools

from releases.models import App, User
from releases.operations.deploy import deploy
from releases.operations.roll_back import roll_back
from tests.factories import (
    FILES,
    acting,
    make_app,
    make_config,
    make_deploy,
    make_slug,
    make_user,
)

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


def current(app: App) -> int:
    return App.objects.get(pk=app.pk).current_release.version


def path_of(app: App, rest: str = "activity/") -> str:
    return f"/apps/{app}/{rest}"
