"""The Overview beside what runs: the way back, who may what, what happened last."""

import re

import pytest
from django.test import Client
from pytest_django import Settings

from releases.models import App, Mark, User
from releases.operations.attach_addon import attach_addon
from releases.operations.erase_value import erase_value
from releases.operations.mark_release import mark_release
from releases.operations.roll_back import roll_back
from tests.factories import acting, make_app, make_config, make_deploy, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(user: User, settings: Settings) -> App:
    """v2 is current; apps run here."""
    app = make_app("shop", owner=user)
    make_deploy(app)
    settings.ROLLBOOK_RUNTIME = True
    app.refresh_from_db()
    return app


def said(client: Client) -> str:
    main = client.get("/apps/shop/").content.decode().partition("<main")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


@pytest.mark.parametrize("runs_here", [True, False])
def test_it_tells_the_way_back_who_may_what_and_what_happened_last(
    signed_in: Client, app: App, settings: Settings, *, runs_here: bool
) -> None:
    settings.ROLLBOOK_RUNTIME = runs_here
    make_deploy(app)
    make_config(app, TOKEN="s3cret")
    attach_addon(
        app=app,
        plan="redis:mini",
        name="cache",
        config_vars={},
        actor=acting(app.owner),
    )
    on_call = make_member(app, "rollback").user
    reason = "Mails were slow."
    roll_back(app=app, to=3, reason=reason, actor=acting(on_call))

    text = said(signed_in)

    assert "Last known good v2 Deploy, just now" in text
    assert "Add-ons cache (redis:mini)" in text
    assert f"{app.owner.email} owns it {on_call.email} view, rollback" in text
    assert re.search(rf"v6 Rollback to v3 \w{{7}} {on_call.email}, just now", text)
    assert reason in text
    assert "s3cret" not in text
    assert len(re.findall(r"v1 ", text.partition("Latest activity")[2])) == 0


def test_where_values_were_erased_it_says_that_only_code_goes_back(
    signed_in: Client, app: App, user: User
) -> None:
    first, owner = app.current_release, acting(user)
    leaked = make_config(app, TOKEN="s3cret")
    make_deploy(app)
    make_config(app, TOKEN="other")
    erase_value(release=leaked, name="TOKEN", actor=owner)
    mark_release(release=first, kind=Mark.Kind.BAD, reason="No token.", actor=owner)

    text = said(signed_in)

    assert (
        f"Last known good {leaked} Set TOKEN config vars, just now ; its code" in text
    )


def test_without_a_way_back_and_with_many_people_it_says_so(
    signed_in: Client, app: App
) -> None:
    for _ in range(7):
        make_member(app)

    text = said(signed_in)

    assert "Last known good none before v2" in text
    assert text.count("@example.com view ") == 6
    assert "and more" in text
