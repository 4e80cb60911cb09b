"""The later of two changes waits for the release that is on its way."""

import time
from functools import partial
from pathlib import Path
from threading import BoundedSemaphore, Event

import pytest
from pytest_django import Settings

from releases import waiting
from releases.actors import Actor
from releases.errors import Conflict, NotAllowed
from releases.models import App, Release
from releases.operations.change_config import change_config
from releases.operations.deploy import deploy
from releases.operations.settle_release import settle_release
from releases.waiting import after_pending
from tests.factories import (
    acting,
    make_app,
    make_config,
    make_deploy,
    make_member,
    make_slug,
)
from tests.releases.api.clients import api_for, is_error
from tests.releases.commands.running import refusal, run
from tests.releases.operations.background import in_the_background

SYSTEM = Actor.system()


@pytest.fixture
def app(settings: Settings) -> App:
    """An app with code that runs, and v3 that is pending."""
    app = make_app("shop")
    make_deploy(app)
    settings.RELEASES_SETTLE_AT_ONCE = False
    make_config(app, COLOR="red")
    app.refresh_from_db()
    return app


@pytest.fixture
def settles_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits finds at its next look that the pending release succeeded."""

    def settle(_seconds: float) -> None:
        pending = Release.objects.get(status=Release.Status.PENDING)
        settle_release(release=pending, succeeded=True, actor=SYSTEM)

    monkeypatch.setattr(time, "sleep", settle)


@pytest.mark.django_db(transaction=True)
def test_it_is_made_once_the_earlier_has_settled(app: App) -> None:
    refused = Event()

    def set_size() -> Release | None:
        try:
            return change_config(app=app, set_vars={"SIZE": "9"}, actor=SYSTEM)
        except Conflict:
            refused.set()
            raise

    later = in_the_background(partial(after_pending, app, set_size))
    assert refused.wait(20)
    settle_release(release=app.releases.get(version=3), succeeded=False, actor=SYSTEM)

    made = later.result(20)
    assert made
    assert (made.version, made.status) == (4, Release.Status.PENDING)


@pytest.mark.django_db
def test_another_refusal_is_passed_on_at_once(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(time, "sleep")
    deploy_it = partial(deploy, app=app, slug=make_slug(app), actor=make_member(app))

    with pytest.raises(NotAllowed):
        after_pending(app, deploy_it)


@pytest.mark.django_db
def test_it_is_tried_once_more_and_not_again(app: App, settles_meanwhile: None) -> None:
    tried = []

    def never() -> None:
        tried.append(1)
        raise Conflict("v9 is pending.", code="release_pending")

    with pytest.raises(Conflict):
        after_pending(app, never)

    assert len(tried) == 2


@pytest.mark.django_db
def test_what_takes_too_long_is_refused_as_before(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LASTS", 0)

    answered = api_for(app.owner).patch("/apps/shop/config-vars", {"SIZE": "9"})

    assert is_error(answered, 409, "conflict")
    assert answered.json["code"] == "release_pending"
    assert "v3 of shop is pending" in answered.json["message"]
    assert "v3 of shop is pending" in refusal("config", "shop", "SIZE=9")


@pytest.mark.django_db
def test_few_wait_at_once_so_that_others_are_served(
    app: App, monkeypatch: pytest.MonkeyPatch, settles_meanwhile: None
) -> None:
    monkeypatch.setattr(waiting, "WAITING", BoundedSemaphore(1))
    change = partial(change_config, app=app, set_vars={"A": "1"}, actor=SYSTEM)

    with waiting.WAITING, pytest.raises(Conflict):
        after_pending(app, change)

    assert after_pending(app, change)


@pytest.mark.django_db
@pytest.mark.usefixtures("settles_meanwhile")
def test_config_and_deploys_through_the_api_wait(app: App) -> None:
    api = api_for(app.owner)
    slug = make_slug(app, actor=acting(app.owner))

    config = api.patch("/apps/shop/config-vars", {"SIZE": "9"})
    release = api.post("/apps/shop/releases", {"slug": str(slug.pk)})
    addon = api.post("/apps/shop/addons", {"plan": "redis:mini", "name": "cache"})

    assert (config.status, release.status, addon.status) == (200, 201, 201)
    assert release.json["status"] == "pending"
    assert [each.version for each in app.releases.all()] == [6, 5, 4, 3, 2, 1]
    assert config.json == {"COLOR": "red", "SIZE": "9"}


@pytest.mark.django_db
@pytest.mark.usefixtures("settles_meanwhile")
def test_commands_on_the_host_wait(app: App, tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("web: other\n", encoding="utf-8")

    said = run("config", "shop", "SIZE=9")
    deployed = run("deploy", "shop", tmp_path)
    attached = run("addon", "shop", "--attach", "redis:mini", "--name", "cache")

    assert said == "Set SIZE config vars: v4 is current.\n"
    assert ": v5 is current.\n" in deployed
    # Against v4, which went live while this waited.
    assert "Config  stays as it is" in deployed
    assert attached == "Attach cache (redis:mini): v6 is current.\n"
