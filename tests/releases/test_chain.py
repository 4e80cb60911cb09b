"""What the chain covers: every row of an app's history, and nothing that may move."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.test import override_settings
from pytest_django import DjangoAssertNumQueries, DjangoDbBlocker

from releases.chain import activity_digest, release_digest, slug_digest
from releases.models import Activity, App, ConfigSet, Mark, Release, Slug
from releases.operations.attach_addon import detach_addon
from releases.operations.destroy_app import destroy_app
from releases.operations.erase_value import erase_value
from releases.operations.give_access import give_access, take_access
from releases.operations.hold_deploys import hold_deploys, resume_deploys
from releases.operations.keep_key import keep_key, unkeep_key
from releases.operations.mark_release import mark_release, unmark_release
from releases.operations.prune_slugs import prune_slugs
from releases.operations.rename_app import rename_app
from releases.operations.reveal_config import reveal_config
from releases.operations.roll_back import roll_back
from releases.operations.settle_release import cancel_release, settle_release
from releases.operations.transfer_app import transfer_app
from releases.verification import verify_app, verify_apps
from tests.factories import make_app, make_config, make_deploy, make_user
from tests.releases.forgeries import FORGERIES, activity, release
from tests.releases.forging import SYSTEM, forge, rows_of, story_of_a_module

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def app(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[App]:
    with story_of_a_module(django_db_blocker) as app:
        yield app


@pytest.mark.parametrize(("statement", "row", "sentence"), FORGERIES)
def test_a_forged_row_shows(app: App, statement: str, row: str, sentence: str) -> None:
    rows = rows_of(app)

    forge(statement, rows)

    faults = list(verify_app(app.pk))
    assert any(
        fault.row == row.format(**rows) and sentence in fault.sentence
        for fault in faults
    ), faults


def test_a_release_that_fits_its_own_digest_again_shows_in_the_chain(app: App) -> None:
    forge(release(3, "description = 'Deploy something else'"), rows_of(app))
    forged = app.releases.get(version=3)

    forge(release(3, f"digest = '{release_digest(forged)}'"), {"app": str(app.pk)})

    [fault] = verify_app(app.pk)
    assert (fault.row, str(forged.slug) in fault.sentence) == ("activity 5", True)


def test_an_activity_that_fits_its_own_digest_again_shows_in_the_next(app: App) -> None:
    before, forged = app.activities.filter(sequence__in=[3, 4]).order_by("sequence")
    forged.summary = "Received nothing"
    digest = activity_digest(before.digest, forged, "")

    forge(
        activity(4, f"summary = 'Received nothing', digest = '{digest}'"), rows_of(app)
    )

    assert [fault.row for fault in verify_app(app.pk)] == ["activity 5"]


def test_every_operation_leaves_a_ledger_that_verifies(app: App) -> None:
    grace = make_user("grace@example.com")
    v2, v4 = app.releases.get(version=2), app.releases.get(version=4)
    mark_release(release=v4, kind=Mark.Kind.BAD, reason="slow", actor=SYSTEM)
    unmark_release(release=v2, kind=Mark.Kind.PIN, actor=SYSTEM)
    give_access(app=app, user=grace, permissions=["deploy"], actor=SYSTEM)
    give_access(app=app, user=grace, permissions=["manage"], actor=SYSTEM)
    hold_deploys(app=app, reason="an incident", actor=SYSTEM)
    keep_key(app=app, name="KEPT", actor=SYSTEM)
    keep_key(app=app, name="OTHER", actor=SYSTEM)
    unkeep_key(app=app, name="OTHER", actor=SYSTEM)
    rename_app(app=app, name="store", actor=SYSTEM)
    transfer_app(app=app, to=grace, actor=SYSTEM)
    reveal_config(app=app, actor=SYSTEM)
    detach_addon(app=app, name="pg", actor=SYSTEM)
    make_config(app, KEY="three")
    assert erase_value(release=app.releases.get(version=5), name="KEY", actor=SYSTEM)

    assert list(verify_app(app.pk)) == []

    resume_deploys(app=app, actor=SYSTEM)
    take_access(app=app, user=grace, actor=SYSTEM)
    make_deploy(app)
    assert prune_slugs(actor=SYSTEM, keep=1, days=0, dry_run=False).versions
    assert list(verify_app(app.pk)) == []


def test_outcomes_that_come_later_verify(app: App) -> None:
    with override_settings(RELEASES_SETTLE_AT_ONCE=False):
        settle_release(
            release=make_config(app, KEY="3"),
            succeeded=True,
            actor=SYSTEM,
            message="ok",
        )
        settle_release(release=make_config(app, KEY="4"), succeeded=False, actor=SYSTEM)
        cancel_release(release=make_config(app, KEY="5"), actor=SYSTEM)
        make_config(app, KEY="6")
        roll_back(app=app, to=3, actor=SYSTEM)

        assert list(verify_app(app.pk)) == []
        forge(release(12, "status = 'succeeded', settled_at = now()"), rows_of(app))

    [fault] = verify_app(app.pk)
    assert str(fault) == "shop, v12: it is succeeded; the chain says pending"


def test_a_destroyed_app_verifies(app: App) -> None:
    hold_deploys(app=app, reason="an incident", actor=SYSTEM)

    destroy_app(app=app, confirm=app.name, actor=SYSTEM)

    assert list(verify_app(app.pk)) == []


def test_an_app_that_is_gone_is_a_fault() -> None:
    nowhere = uuid.uuid4()

    [fault] = verify_app(nowhere)

    assert str(fault).startswith(f"app {nowhere}, its row: it is gone")


def test_the_queries_do_not_grow_with_the_apps_or_their_history(
    app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        make_config(make_app(), KEY="value")

    # Apps, config vars and sets, slugs, activities, releases, and what stands.
    with django_assert_num_queries(7):
        assert [each.faults for each in verify_apps()] == [[]] * 4


def test_the_format_of_the_digests_stays() -> None:
    """A digest that changes here makes every ledger that exists fail: raise FORMAT."""
    made = a_release()
    line = Activity(
        app_id=made.app_id,
        sequence=3,
        kind="release.created",
        release=made,
        actor_id=made.actor_id,
        actor_email="ada@example.com",
        source="cli",
        ip="192.0.2.1",
        summary="Deploy 9218c1c",
        detail={"kind": "deploy", "status": "succeeded"},
        created_at=made.created_at,
    )
    digest = release_digest(made)

    assert made.slug
    assert slug_digest(made.slug)[:16] == "336439f4285fba25"
    assert digest[:16] == "2c8641a8bcde3d00"
    assert activity_digest("c" * 64, line, digest)[:16] == "37f80831eed77ba8"


def a_release() -> Release:
    ids = [uuid.UUID(int=number) for number in range(6)]
    at = datetime(2026, 11, 23, 14, 20, 0, 7, tzinfo=UTC)
    slug = Slug(
        id=ids[0],
        app_id=ids[1],
        blob_id="a" * 64,
        commit="9218c1c",
        commit_title="Größe",
        commits=[{"sha": "9218c1c", "title": "Größe", "author": "Ada"}],
        commits_total=1,
        process_types={"web": "python app.py"},
        stack="host",
        created_by_id=ids[2],
        created_at=at,
        sealed_at=at,
    )
    return Release(
        id=ids[3],
        app_id=ids[1],
        version=2,
        kind="deploy",
        description="Deploy 9218c1c",
        slug=slug,
        config_set=ConfigSet(id=ids[4], app_id=ids[1], digest="b" * 64),
        addon_plan_names=["postgresql:free"],
        actor_id=ids[2],
        actor_email="ada@example.com",
        source="cli",
        created_at=at,
    )
