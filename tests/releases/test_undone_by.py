"""Which releases were undone by which rollback."""

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from releases.models import App
from releases.operations.roll_back import roll_back
from releases.operations.settle_release import settle_release
from releases.timeline import timeline_of, timeline_over_apps
from releases.undone import undone_by
from tests.factories import acting, make_app, make_deploy
from tests.releases.forging import SYSTEM, forge

pytestmark = pytest.mark.django_db


def undone(app: App) -> dict[int, int]:
    """Return the versions that were undone, each with that of the rollback."""
    found = undone_by(timeline_of(app, size=500).activities)
    versions = dict(app.releases.values_list("pk", "version"))
    for rollback in found.values():
        restored = app.releases.get(pk=rollback.pk).restores
        assert rollback.restores
        assert restored
        assert rollback.restores.version == restored.version
    return {versions[pk]: rollback.version for pk, rollback in found.items()}


@pytest.fixture
def app() -> App:
    """v2 to v6 each deploy other code."""
    app = make_app()
    for _ in range(5):
        make_deploy(app)
    return app


def go(app: App, *targets: int) -> None:
    for target in targets:
        roll_back(app=app, to=target, actor=SYSTEM)


def test_nothing_is_undone_where_nothing_was_rolled_back(app: App) -> None:
    assert undone(app) == {}


def test_a_rollback_undoes_what_it_went_over(app: App) -> None:
    go(app, 3)

    assert undone(app) == {4: 7, 5: 7, 6: 7}


def test_going_forward_again_revives_what_was_undone(app: App) -> None:
    go(app, 3, 6)

    assert undone(app) == {7: 8}


def test_a_rollback_over_a_rollback_undoes_that_instead(app: App) -> None:
    go(app, 5, 2)

    assert undone(app) == {3: 8, 4: 8, 5: 8, 6: 8, 7: 8}


def test_a_rollback_that_is_restored_still_undoes(app: App) -> None:
    go(app, 4)
    make_deploy(app)
    go(app, 7)

    assert undone(app) == {5: 7, 6: 7, 8: 9}


def test_rollbacks_that_stand_side_by_side_both_count(app: App) -> None:
    go(app, 4)
    for _ in range(2):
        make_deploy(app)
    go(app, 8)

    assert undone(app) == {5: 7, 6: 7, 9: 10}


def test_a_rollback_that_failed_undoes_nothing(app: App, settings: Settings) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False
    go(app, 3)
    assert undone(app) == {}

    settle_release(release=app.releases.get(version=7), succeeded=False, actor=SYSTEM)
    assert undone(app) == {}


def test_what_was_never_live_cannot_be_undone(app: App, settings: Settings) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False
    settle_release(release=make_deploy(app), succeeded=False, actor=SYSTEM)
    settings.RELEASES_SETTLE_AT_ONCE = True
    go(app, 5)

    assert undone(app) == {6: 8}


def test_a_rollback_above_the_page_counts(app: App) -> None:
    go(app, 3)
    page = timeline_of(app, size=2, before=timeline_of(app, size=2).older)

    found = undone_by(page.activities)

    assert [str(line.release) for line in page.activities] == ["v5", "v4"]
    assert {rollback.version for rollback in found.values()} == {7}
    assert len(found) == 2


def test_all_that_is_undone_is_one_query(
    app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    other = make_app(owner=app.owner)
    for _ in range(2):
        make_deploy(other)
    go(other, 2)
    go(app, 5)
    activities = timeline_over_apps(acting(app.owner)).activities

    # The rollbacks, with the versions they restored.
    with django_assert_num_queries(1):
        found = undone_by(activities)
        told = {str(found[pk].restores) for pk in found}

    assert told == {"v2", "v5"}
    assert len(found) == 2


def test_of_many_rollbacks_the_nearest_hundred_are_looked_at(app: App) -> None:
    go(app, 5)
    forge(
        """INSERT INTO releases_release SELECT (jsonb_populate_record(r,
            jsonb_build_object('id', gen_random_uuid(), 'version', 7 + n))).*
        FROM releases_release r, generate_series(1, 150) n
        WHERE app_id = %(app)s AND version = 7""",
        {"app": app.pk},
    )
    lines = timeline_of(app).activities

    found = undone_by(line for line in lines if str(line.release) == "v6")

    # v157 undid it as well, and all the others with it.
    assert [rollback.version for rollback in found.values()] == [106]


def test_it_is_what_following_the_history_backwards_shows(app: App) -> None:
    for target in (4, 2, 6, 8, 3, 9, 10, 7, 13):
        go(app, target)
        make_deploy(app)

    assert undone(app) == followed(app)


def followed(app: App) -> dict[int, int]:
    """Work out what was undone from where each release went, the newest first."""
    found: dict[int, int] = {}
    version = app.releases.latest("version").version
    while version:
        release = app.releases.select_related("restores").get(version=version)
        floor = release.restores.version if release.restores else version
        found |= dict.fromkeys(range(floor + 1, version), version)
        version = floor if release.restores else version - 1
    return found
