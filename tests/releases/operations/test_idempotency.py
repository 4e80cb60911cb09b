"""A used key answers the same request only: another one under it is refused."""

from collections.abc import Callable

import pytest

from releases.actors import Actor
from releases.errors import Conflict
from releases.models import App, Release
from releases.operations.attach_addon import attach_addon
from releases.operations.change_config import change_config
from releases.operations.deploy import deploy
from tests.factories import make_app, make_slug

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()
Call = Callable[..., Release | None]


def deploys(app: App, *, reason: str = "", description: str = "") -> Release:
    return deploy(
        app=app,
        slug=app.slugs.first() or make_slug(app),
        actor=SYSTEM,
        reason=reason,
        description=description,
        idempotency_key="k",
    )


def attaches(app: App, *, url: str = "one", **asked: str) -> Release:
    return attach_addon(
        app=app,
        plan="redis:mini",
        config_vars={"URL": url},
        actor=SYSTEM,
        idempotency_key="k",
        **asked,
    )


def sets(app: App, *, reason: str = "") -> Release | None:
    return change_config(
        app=app, set_vars={"A": "1"}, actor=SYSTEM, idempotency_key="k", reason=reason
    )


@pytest.mark.parametrize(
    ("call", "other"),
    [
        (deploys, {"reason": "another"}),
        (deploys, {"description": "Another"}),
        (attaches, {"url": "two"}),
        (attaches, {"name": "another"}),
        (sets, {"reason": "another"}),
    ],
)
def test_the_whole_request_counts(call: Call, other: dict[str, str]) -> None:
    app = make_app()
    once = call(app)

    assert call(app) == once
    with pytest.raises(Conflict, match="used before, for another request"):
        call(app, **other)
    assert app.releases.count() == 2
