from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.test import override_settings
from django.utils import timezone
from pytest_django import Settings

from releases.actors import Actor
from releases.errors import NotAllowed, OperationRefused
from releases.models import Activity, App, Blob, Mark, Release
from releases.operations.mark_release import mark_release, unmark_release
from releases.operations.prune_slugs import Pruned, prune_slugs
from releases.operations.roll_back import roll_back
from releases.operations.settle_release import settle_release
from releases.slugs.storage import blob_exists
from releases.verification import verify_app
from tests.factories import (
    acting,
    make_app,
    make_config,
    make_deploy,
    make_slug,
    make_user,
)
from tests.releases.slugs.stores import use_local_store

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@pytest.fixture(autouse=True)
def uploads(settings: Settings, tmp_path: Path) -> Path:
    """Return the folder archives wait in, beside a store of this test's own."""
    return use_local_store(settings, tmp_path)


@pytest.fixture
def app() -> App:
    """An app that ran v2 to v6, each with code of its own."""
    return make_app_with_code("shop", 6)


def make_app_with_code(name: str, newest: int) -> App:
    app = make_app(name)
    for version in range(2, newest + 1):
        make_deploy(app, files={"version.txt": f"{version} of {name}"})
    return app


def prune(*, keep: int = 1, days: int = 0, dry_run: bool = False) -> Pruned:
    return prune_slugs(actor=SYSTEM, keep=keep, days=days, dry_run=dry_run)


def restorable(app: App) -> list[int]:
    """Return the versions whose bytes are there, by the rows and by the store."""
    releases = app.releases.select_related("slug__blob").order_by("version")
    found = []
    for release in releases:
        blob = release.slug and release.slug.blob
        if blob:
            assert blob.is_stored == blob_exists(blob.pk)
            assert blob.is_stored == (release.status != Release.Status.EXPIRED)
            found += [release.version] if blob.is_stored else []
    return found


def blob_of(app: App, version: int) -> Blob:
    release = app.releases.select_related("slug__blob").get(version=version)
    assert release.slug
    assert release.slug.blob
    return release.slug.blob


def test_what_runs_and_the_last_known_good_stay(app: App) -> None:
    pruned = prune()

    assert pruned.versions == {"shop": [2, 3, 4]}
    assert restorable(app) == [5, 6]


def test_the_last_known_good_is_the_one_of_this_moment(app: App) -> None:
    mark_release(
        release=app.releases.get(version=5),
        kind=Mark.Kind.BAD,
        reason="x",
        actor=SYSTEM,
    )
    roll_back(app=app, to=3, actor=SYSTEM)

    prune()

    # v7 runs the code of v3; v2 is what it would go back to. v6 is the newest code,
    # but was rolled back from, and v3's is used later.
    assert restorable(app) == [2, 3, 7]


def test_a_pin_stays_until_it_is_cleared(app: App) -> None:
    v3 = app.releases.get(version=3)
    mark_release(release=v3, kind=Mark.Kind.PIN, actor=SYSTEM)
    prune()
    assert restorable(app) == [3, 5, 6]

    unmark_release(release=v3, kind=Mark.Kind.PIN, actor=SYSTEM)
    prune()

    assert restorable(app) == [5, 6]


def test_the_newest_code_stays_however_often_only_config_changed(app: App) -> None:
    for number in range(10):
        make_config(app, NUMBER=str(number))

    prune(keep=3)

    assert restorable(app) == [4, 5, 6, *range(7, 17)]


def test_what_ran_lately_stays(app: App) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=20)):
        make_deploy(app, files={"version.txt": "7"})
        make_deploy(app, files={"version.txt": "8"})

        prune(days=21)
        assert restorable(app) == [2, 3, 4, 5, 6, 7, 8]
        prune(days=19)
        assert restorable(app) == [7, 8]


def test_a_release_that_is_pending_keeps_its_code(app: App) -> None:
    with override_settings(RELEASES_SETTLE_AT_ONCE=False):
        make_deploy(app)

    prune()

    assert restorable(app) == [5, 6, 7]


def test_code_of_a_failed_release_goes_and_it_stays_failed(app: App) -> None:
    blob = blob_of(app, 2)
    with override_settings(RELEASES_SETTLE_AT_ONCE=False):
        failing = make_deploy(app, files={"version.txt": "fails"})
    settle_release(release=failing, succeeded=False, actor=SYSTEM)

    pruned = prune()

    failing.refresh_from_db()
    assert failing.status == Release.Status.FAILED
    assert failing.slug
    assert {failing.slug.blob_id, blob.pk} <= pruned.blobs.keys()
    assert failing.version not in pruned.versions["shop"]


def test_what_arrived_and_never_ran_stays_for_a_day(app: App) -> None:
    slug = make_slug(app)

    prune()
    assert slug.blob_id
    assert blob_exists(slug.blob_id)

    with time_machine.travel(timezone.now() + timedelta(days=1, hours=1)):
        prune()
    assert not blob_exists(slug.blob_id)


def test_it_is_one_line_in_the_history_of_each_app_that_loses_something(
    app: App,
) -> None:
    other = make_app_with_code("other", 3)
    before = other.activities.count()

    prune()

    activity = app.activities.order_by("-sequence")[0]
    assert activity.kind == Activity.Kind.SLUGS_PRUNED
    assert activity.summary == "Pruned the code of 3 releases up to v4"
    assert activity.detail["versions"] == [2, 3, 4]
    assert set(activity.detail["sha256"]) == {blob_of(app, v).pk for v in (2, 3, 4)}
    assert other.activities.count() == before
    assert list(verify_app(app.pk)) == []


def test_a_dry_run_says_the_same_and_does_nothing(app: App) -> None:
    said = prune(dry_run=True)
    assert restorable(app) == [2, 3, 4, 5, 6]
    assert not app.activities.filter(kind=Activity.Kind.SLUGS_PRUNED).exists()

    done = prune()

    assert (said.versions, said.blobs.keys()) == (done.versions, done.blobs.keys())
    assert said.size == done.size == sum(blob_of(app, v).size for v in (2, 3, 4))


def test_a_second_run_finds_nothing_to_do(app: App) -> None:
    prune()
    before = app.activities.count()

    again = prune()

    assert (again.versions, again.blobs) == ({}, {})
    assert app.activities.count() == before


def test_one_app_can_be_pruned_alone(app: App) -> None:
    other = make_app_with_code("other", 6)

    prune_slugs(actor=SYSTEM, app=app, keep=1, days=0, dry_run=False)

    assert restorable(app) == [5, 6]
    assert restorable(other) == [2, 3, 4, 5, 6]


def test_bytes_that_another_app_needs_stay_for_both(app: App) -> None:
    files = {"version.txt": "2 of shop"}
    staging = make_app("staging")
    make_deploy(staging, files=files)

    prune()

    assert restorable(app) == [2, 5, 6]
    assert restorable(staging) == [2]


def test_bytes_that_two_apps_share_and_neither_needs_go_for_both(app: App) -> None:
    staging = make_app("staging")
    make_deploy(staging, files={"version.txt": "2 of shop"})
    for number in range(3):
        make_deploy(staging, files={"version.txt": f"{number} of staging"})

    pruned = prune()

    assert pruned.versions == {"shop": [2, 3, 4], "staging": [2, 3]}
    assert restorable(staging) == [4, 5]
    for each in (app, staging):
        assert list(verify_app(each.pk)) == []


def test_only_those_who_run_the_place_may(app: App) -> None:
    with pytest.raises(NotAllowed, match="only superusers may"):
        prune_slugs(actor=acting(app.owner), keep=1, days=0, dry_run=False)
    assert restorable(app) == [2, 3, 4, 5, 6]

    ruth = acting(make_user(superuser=True))
    prune_slugs(actor=ruth, keep=1, days=0, dry_run=False)

    assert app.activities.order_by("-sequence")[0].actor == ruth.user


@pytest.mark.parametrize(("keep", "days"), [(0, 0), (-1, 0), (1, -1)])
def test_something_always_stays(app: App, keep: int, days: int) -> None:
    with pytest.raises(OperationRefused, match="At least one slug"):
        prune(keep=keep, days=days)
