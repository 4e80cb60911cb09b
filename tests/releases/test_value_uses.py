"""Which releases have a value, and what erasing it would cost."""

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from releases import value_uses as module
from releases.actors import Actor
from releases.errors import NotFound
from releases.models import App
from releases.operations.deploy import deploy
from releases.operations.keep_key import keep_key
from releases.operations.settle_release import settle_release
from releases.value_uses import ValueUses, value_uses
from tests.factories import make_app, make_config, make_deploy, make_slug

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@pytest.fixture
def app() -> App:
    """TOKEN is leaked in v2 and v3, new in v4, leaked again in v5, and newest in v6."""
    app = make_app("shop")
    make_config(app, TOKEN="leaked", COLOR="red")
    make_deploy(app)
    make_config(app, TOKEN="new")
    make_config(app, TOKEN="leaked")
    make_config(app, TOKEN="newest")
    return app


def uses(app: App, version: int, name: str = "TOKEN") -> ValueUses:
    app.refresh_from_db()
    return value_uses(app.releases.get(version=version), name)


def test_all_releases_with_an_equal_value_are_found_however_it_was_set(
    app: App,
) -> None:
    found = uses(app, 2)

    assert found.versions == [5, 3, 2]
    assert found.looked_through_all
    assert not found.is_current
    assert uses(app, 4).versions == [4]


def test_whether_it_is_in_use_now_is_said(app: App) -> None:
    assert uses(app, 6).is_current
    assert uses(app, 2, "COLOR").is_current


def test_whether_the_last_known_good_has_it_is_said(app: App) -> None:
    assert uses(app, 2).has_last_known_good
    assert not uses(app, 4).has_last_known_good


def test_a_release_that_never_went_live_does_not_count(
    app: App, settings: Settings
) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False
    release = deploy(app=app, slug=make_slug(app), actor=SYSTEM)
    settle_release(release=release, succeeded=False, actor=SYSTEM)

    assert uses(app, 6).versions == [6]


def test_a_key_that_rollbacks_leave_alone_loses_nothing(app: App) -> None:
    assert not uses(app, 2).is_held

    keep_key(app=app, name="TOKEN", actor=SYSTEM)

    assert uses(app, 2).is_held


def test_a_key_that_was_not_set_there_has_no_value(app: App) -> None:
    with pytest.raises(NotFound, match="v1 of shop has no config var 'TOKEN'"):
        uses(app, 1)


def test_only_the_newest_are_looked_through(
    app: App,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    monkeypatch.setattr(module, "LOOKED_THROUGH", 3)
    app.refresh_from_db()
    release = app.releases.select_related("config_set").get(version=2)

    # The current release, its set, vars of both; rows, releases; four for the last
    # known good.
    with django_assert_num_queries(9):
        found = value_uses(release, "TOKEN")

    assert found.versions == [5]
    assert not found.looked_through_all
