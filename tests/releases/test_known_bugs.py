"""Bugs that other release tools had, and that are kept out here. One test each."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from pytest_django import Settings

from releases.actors import Actor
from releases.api.objects import (
    activity_object,
    app_object,
    plan_object,
    release_object,
)
from releases.errors import OperationRefused
from releases.models import Activity, App, ConfigVar, Mark, Release, Source
from releases.operations.change_config import change_config
from releases.operations.deploy import deploy
from releases.operations.mark_release import mark_release
from releases.operations.prune_slugs import prune_slugs
from releases.operations.roll_back import roll_back
from releases.operations.settle_release import cancel_release, settle_release
from releases.plans import PlanMoved, compare, plan
from releases.queries import release_history
from releases.way_back import default_target
from tests.factories import acting, make_app, make_config, make_deploy, make_slug

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@pytest.fixture
def app() -> App:
    """v2, v3 and v4 each deploy other code."""
    app = make_app("shop")
    for _ in range(3):
        make_deploy(app)
    return app


def target(app: App) -> int | None:
    app.refresh_from_db()
    found = default_target(app)
    return found.version if found else None


def test_1_going_to_a_release_without_code_is_refused_before_anything_is_written(
    app: App,
) -> None:
    before = (app.releases.count(), Activity.objects.count())

    with pytest.raises(OperationRefused, match="v1 has no code"):
        roll_back(app=app, to=1, actor=SYSTEM)

    assert (app.releases.count(), Activity.objects.count()) == before


def test_2_a_release_that_fails_leaves_its_record_and_its_number_is_not_used_again(
    app: App, settings: Settings
) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False
    failing = roll_back(app=app, to=2, actor=SYSTEM)

    settle_release(release=failing, succeeded=False, actor=SYSTEM)
    following = roll_back(app=app, to=3, actor=SYSTEM)

    assert (failing.version, following.version) == (5, 6)
    assert app.releases.get(version=5).status == Release.Status.FAILED
    assert App.objects.get(pk=app.pk).current_release.version == 4


def test_3_the_current_config_is_that_of_the_current_release_not_the_newest_row(
    app: App, settings: Settings
) -> None:
    make_config(app, COLOR="red")
    settings.RELEASES_SETTLE_AT_ONCE = False
    failing = make_config(app, COLOR="blue")
    cancel_release(release=failing, actor=SYSTEM)
    settings.RELEASES_SETTLE_AT_ONCE = True

    release = make_config(app, SIZE="9")

    names = ConfigVar.objects.filter(pk__in=release.config_set.var_ids)
    assert ConfigVar.objects.filter(name="COLOR").latest("created_at") not in names


def test_4_a_deploy_reads_the_config_under_the_lock(app: App) -> None:
    stale = App.objects.get(pk=app.pk)
    changed = make_config(app, COLOR="red")

    release = deploy(app=stale, slug=make_slug(app), actor=SYSTEM)

    assert release.config_set == changed.config_set
    assert release.version == changed.version + 1


def test_5_the_order_is_by_version_whatever_the_clock_says(app: App) -> None:
    with time_machine.travel("2001-01-01"):
        make_deploy(app)

    newest = release_history(app).first()
    assert newest is not None
    assert newest.version == 5


def test_6_after_a_rollback_the_default_target_is_not_what_was_just_left(
    app: App,
) -> None:
    roll_back(app=app, to=3, actor=SYSTEM)

    assert target(app) == 2


def test_7_failed_pending_expired_and_bad_releases_are_never_the_default(
    app: App, settings: Settings
) -> None:
    for _ in range(2):
        make_deploy(app)
    mark_release(
        release=app.releases.get(version=5),
        kind=Mark.Kind.BAD,
        reason="x",
        actor=SYSTEM,
    )
    settings.RELEASES_SETTLE_AT_ONCE = False
    settle_release(release=make_deploy(app), succeeded=False, actor=SYSTEM)
    make_deploy(app)

    assert target(app) == 4


def test_8_going_back_to_the_same_content_says_that_nothing_would_change(
    app: App,
) -> None:
    roll_back(app=app, to=3, actor=SYSTEM)

    with pytest.raises(OperationRefused, match="Nothing would change"):
        roll_back(app=app, to=3, actor=SYSTEM)


def test_9_config_changes_between_two_deploys_do_not_use_up_a_window(app: App) -> None:
    for number in range(40):
        make_config(app, COLOR=str(number))

    release = roll_back(app=app, to=3, actor=SYSTEM)

    assert release.slug == app.releases.get(version=3).slug


def everything_said(app: App) -> str:
    """Return all that pages, lists, plans and exports are made of."""
    app = App.objects.select_related("owner", "current_release__slug__blob").get()
    return json.dumps(
        [
            app_object(app),
            [release_object(r, app, eligible=True) for r in release_history(app)],
            [activity_object(a, app) for a in app.activities.all()],
            plan_object(plan(app=app, to=5, actor=SYSTEM)),
            plan_object(compare(app=app, old=5, new=6, actor=SYSTEM)),
            *map(vars_without_state, app.config_sets.all()),
        ],
        cls=DjangoJSONEncoder,
    )


def vars_without_state(row: object) -> dict[str, object]:
    return {name: value for name, value in vars(row).items() if name != "_state"}


def test_10_11_no_surface_shows_a_value_or_anything_it_could_be_guessed_from(
    app: App,
) -> None:
    make_config(app, SECRET="hunter2")
    make_config(app, SECRET="hunter3")

    said = everything_said(app)

    for var in ConfigVar.objects.all():
        assert var.fingerprint not in said
        assert var.ciphertext_sha256 not in said
    assert "hunter" not in said


def test_10_equal_values_in_two_apps_have_different_fingerprints(app: App) -> None:
    other = make_app()
    make_config(app, SECRET="hunter2")
    make_config(other, SECRET="hunter2")

    fingerprints = ConfigVar.objects.values_list("fingerprint", flat=True)

    assert len(set(fingerprints)) == 2


def test_12_pruning_is_judged_after_a_rollback(app: App) -> None:
    roll_back(app=app, to=2, actor=SYSTEM)
    with time_machine.travel(timezone.now() + timedelta(days=90)):
        prune_slugs(app=app, actor=SYSTEM, keep=1, days=0, dry_run=False)

    assert [release.status for release in app.releases.order_by("version")] == [
        "succeeded",  # v1 has no code to lose.
        "succeeded",  # v2 is what runs again.
        "expired",
        "expired",
        "succeeded",
    ]
    assert App.objects.get(pk=app.pk).current_release.version == 5


def test_13_lineage_is_data(app: App) -> None:
    release = roll_back(app=app, to=3, scope=Release.Scope.CODE, actor=SYSTEM)

    assert (release.kind, release.scope) == (Release.Kind.ROLLBACK, "code")
    assert release.restores == app.releases.get(version=3)


def test_14_a_retry_makes_one_release_and_a_late_colleague_gets_the_new_plan(
    app: App,
) -> None:
    digest = plan(app=app, to=2, actor=SYSTEM).digest
    press = {"app": app, "to": 2, "plan_digest": digest}
    once = roll_back(**press, idempotency_key="k", actor=SYSTEM)  # type: ignore[arg-type]  # three keywords in one

    again = roll_back(**press, idempotency_key="k", actor=SYSTEM)  # type: ignore[arg-type]  # three keywords in one
    with pytest.raises(PlanMoved) as moved:
        roll_back(**press, actor=acting(app.owner))  # type: ignore[arg-type]  # three keywords in one

    assert again == once
    assert moved.value.plan.before == once


def test_15_every_release_names_its_actor_token_and_source(app: App) -> None:
    ci = Actor(user=app.owner, source=Source.API, token_name="ci")

    release = change_config(app=app, set_vars={"A": "1"}, actor=ci)

    assert release is not None
    assert (release.actor, release.actor_email) == (app.owner, app.owner.email)
    assert (release.source, release.token_name) == (Source.API, "ci")
    assert release.activities.get().token_name == "ci"
