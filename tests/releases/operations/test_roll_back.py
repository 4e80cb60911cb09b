from collections.abc import Callable

import pgtrigger
import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries, Settings

from releases.actors import Actor
from releases.errors import Conflict, NotFound, OperationRefused
from releases.models import Activity, App, Mark, Release
from releases.operations.change_config import change_config
from releases.operations.hold_deploys import hold_deploys
from releases.operations.keep_key import keep_key
from releases.operations.mark_release import mark_release
from releases.operations.reveal_config import reveal_config
from releases.operations.roll_back import roll_back
from releases.operations.settle_release import settle_release
from releases.plans import PlanMoved, plan
from releases.restoring import Scope
from tests.factories import acting, make_app, make_config, make_deploy, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def app() -> App:
    """v2 deploys one slug, v3 sets COLOR=red, v4 deploys another, v5 sets COLOR=blue."""
    app = make_app("shop", owner=make_user("ada@example.com"))
    make_deploy(app)
    make_config(app, COLOR="red")
    make_deploy(app)
    make_config(app, COLOR="blue", SIZE="9")
    return app


def values(app: App) -> dict[str, str]:
    return reveal_config(app=app, actor=Actor.system())


def current(app: App) -> Release:
    return App.objects.get(pk=app.pk).current_release


def test_code_and_config_go_back_together_as_a_new_release(app: App) -> None:
    v3 = app.releases.get(version=3)

    release = roll_back(app=app, to=3, actor=acting(app.owner))

    assert (release.version, release.kind) == (6, Release.Kind.ROLLBACK)
    assert release.description == "Rollback to v3"
    assert (release.restores, release.scope) == (v3, Scope.EVERYTHING)
    assert (release.slug, release.config_set) == (v3.slug, v3.config_set)
    assert current(app) == release
    assert values(app) == {"COLOR": "red"}


def test_it_is_attributed_to_who_pressed_with_reason_and_incident(app: App) -> None:
    release = roll_back(
        app=app,
        to=3,
        reason="checkout is down",
        incident_url="https://status.example.com/42",
        actor=acting(app.owner, token_name="laptop"),
    )

    assert release.actor_email == "ada@example.com"
    assert (release.source, release.token_name) == ("cli", "laptop")
    assert release.reason == "checkout is down"
    assert release.incident_url == "https://status.example.com/42"
    activity = app.activities.get(release=release)
    assert activity.actor == app.owner
    assert activity.detail["to"] == 3
    assert activity.detail["changed"] == ["COLOR"]
    assert activity.detail["removed"] == ["SIZE"]


def test_code_only_leaves_the_config(app: App) -> None:
    release = roll_back(app=app, to=2, scope=Scope.CODE, actor=acting(app.owner))

    assert release.slug == app.releases.get(version=2).slug
    assert release.config_set == app.releases.get(version=5).config_set
    assert release.description == "Rollback to v2 (code only)"


def test_config_only_leaves_the_code(app: App) -> None:
    release = roll_back(app=app, to=3, scope=Scope.CONFIG, actor=acting(app.owner))

    assert release.slug == app.releases.get(version=5).slug
    assert values(app) == {"COLOR": "red"}


def test_it_goes_forward_again(app: App) -> None:
    roll_back(app=app, to=3, actor=acting(app.owner))

    release = roll_back(app=app, to=5, actor=acting(app.owner))

    assert release.slug == app.releases.get(version=5).slug
    assert values(app) == {"COLOR": "blue", "SIZE": "9"}


def test_a_kept_key_keeps_its_current_value(app: App) -> None:
    keep_key(app=app, name="COLOR", actor=acting(app.owner))

    release = roll_back(app=app, to=3, actor=acting(app.owner))

    assert app.activities.get(release=release).detail["kept"] == ["COLOR"]
    assert values(app) == {"COLOR": "blue"}


def test_a_kept_key_that_is_absent_stays_absent(app: App) -> None:
    change_config(app=app, unset=["COLOR"], actor=acting(app.owner))
    keep_key(app=app, name="COLOR", actor=acting(app.owner))

    roll_back(app=app, to=3, actor=acting(app.owner))

    assert values(app) == {}


def bad(app: App) -> None:
    mark_release(
        release=app.releases.get(version=3),
        kind=Mark.Kind.BAD,
        reason="slow",
        actor=acting(app.owner),
    )


def same_as_v3(app: App) -> None:
    roll_back(app=app, to=3, actor=acting(app.owner))


@pytest.mark.parametrize(
    ("ready", "to", "scope", "error", "sentence"),
    [
        (None, 9, "everything", NotFound, "shop has no release v9"),
        (None, 0, "everything", NotFound, "shop has no release v0"),
        (None, 5, "everything", OperationRefused, "v5 is what shop runs now"),
        (None, 1, "everything", OperationRefused, "v1 has no code, and shop runs some"),
        (None, 1, "code", OperationRefused, "only its config can be restored"),
        (None, 4, "code", OperationRefused, "runs the code of v4 already"),
        (same_as_v3, 3, "everything", OperationRefused, "Nothing would change"),
        (bad, 3, "everything", Conflict, "v3 is marked bad"),
    ],
)
def test_a_refusal_says_why_and_writes_nothing(
    app: App,
    ready: Callable[[App], None] | None,
    to: int,
    scope: str,
    error: type[OperationRefused],
    sentence: str,
) -> None:
    if ready:
        ready(app)
    before = (app.releases.count(), Activity.objects.count(), current(app))

    with pytest.raises(error, match=sentence):
        roll_back(app=app, to=to, scope=Scope(scope), actor=acting(app.owner))

    assert (app.releases.count(), Activity.objects.count(), current(app)) == before


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "example.com", "ftp://x.example", "https://["]
)
def test_an_incident_link_is_an_http_address(app: App, url: str) -> None:
    with pytest.raises(OperationRefused, match="incident link must be an address"):
        roll_back(app=app, to=3, incident_url=url, actor=acting(app.owner))


def test_a_bad_mark_can_be_overridden_and_that_is_recorded(app: App) -> None:
    bad(app)

    release = roll_back(app=app, to=3, override=True, actor=acting(app.owner))

    assert app.activities.get(release=release).detail["overrides"] == ["marked_bad"]


def test_only_config_goes_back_to_a_release_without_code(app: App) -> None:
    roll_back(app=app, to=1, scope=Scope.CONFIG, actor=acting(app.owner))

    assert values(app) == {}


def test_a_hold_does_not_stop_it(app: App) -> None:
    hold_deploys(app=app, reason="incident", actor=acting(app.owner))

    assert roll_back(app=app, to=3, actor=acting(app.owner)).version == 6


def test_with_its_plan_it_happens_as_planned(app: App) -> None:
    read = plan(app=app, to=3, actor=acting(app.owner))

    release = roll_back(app=app, to=3, plan_digest=read.digest, actor=acting(app.owner))

    assert release.slug == read.outcome.slug


def releases(app: App) -> None:
    make_config(app, SHAPE="round")


def keeps_a_key(app: App) -> None:
    keep_key(app=app, name="COLOR", actor=acting(app.owner))


@pytest.mark.parametrize("something_moves", [releases, keeps_a_key, bad])
def test_if_anything_moved_nothing_happens_and_a_fresh_plan_is_given(
    app: App, something_moves: Callable[[App], None]
) -> None:
    read = plan(app=app, to=3, actor=acting(app.owner))
    something_moves(app)
    count = app.releases.count()

    with pytest.raises(PlanMoved, match="Read the new plan") as moved:
        roll_back(app=app, to=3, plan_digest=read.digest, actor=acting(app.owner))

    fresh = plan(app=app, to=3, actor=acting(app.owner))
    assert moved.value.plan.digest == fresh.digest != read.digest
    assert app.releases.count() == count


def test_pressing_twice_makes_one_release(app: App) -> None:
    actor = acting(app.owner)
    once = roll_back(app=app, to=3, idempotency_key="press-1", actor=actor)

    again = roll_back(app=app, to=3, idempotency_key="press-1", actor=actor)

    assert again == once
    assert app.releases.count() == 6


def test_it_supersedes_a_pending_release_which_then_failed(
    app: App, settings: Settings
) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False
    stuck = make_deploy(app)
    read = plan(app=app, to=3, actor=acting(app.owner))

    release = roll_back(app=app, to=3, plan_digest=read.digest, actor=acting(app.owner))

    stuck.refresh_from_db()
    assert next(w.code for w in read.warnings) == "supersedes_pending"
    assert stuck.status == Release.Status.FAILED
    assert "Superseded by a rollback of ada@example.com" in stuck.output.get().text
    assert (release.status, current(app).version) == (Release.Status.PENDING, 5)
    settle_release(release=release, succeeded=True, actor=Actor.system())
    assert current(app) == release


def grow(app: App, count: int) -> None:
    """Give `app` a history of `count` more releases, copies of v4, behind its back."""
    columns = [str(field.column) for field in Release._meta.concrete_fields]
    copied = {"id": "gen_random_uuid()", "version": "version + number"}
    values = ", ".join(copied.get(column, column) for column in columns)
    with pgtrigger.ignore(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO releases_release ({', '.join(columns)}) SELECT {values}"  # noqa: S608
            " FROM releases_release, generate_series(2, %s) AS number"
            " WHERE app_id = %s AND version = 4",
            [count + 1, app.pk],
        )
        cursor.execute(
            "UPDATE releases_app SET last_version = last_version + %s WHERE id = %s",
            [count, app.pk],
        )


@pytest.mark.parametrize("history", [10, 10_000])
def test_it_takes_at_most_15_statements_with_its_plan_whatever_the_history(
    app: App, history: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    actor = acting(app.owner)
    grow(app, history)

    # Plan: who may, app, releases, vars, releases between, manifests, commits.
    # Rollback: app, who may, releases, vars, release, activity, app;
    # and the savepoint that stands for the transaction here, twice.
    with django_assert_num_queries(14 + 2):
        read = plan(app=app, to=3, actor=actor)
        roll_back(app=app, to=3, plan_digest=read.digest, actor=actor)

    assert current(app).version == history + 6


def test_what_is_left_is_marked_bad_if_asked_for_the_same_reason(app: App) -> None:
    left = current(app)

    release = roll_back(
        app=app, to=3, reason="it 500s", mark_bad=True, actor=acting(app.owner)
    )

    mark = left.marks.get()
    assert (mark.kind, mark.reason) == (Mark.Kind.BAD, "it 500s")
    assert mark.created_by == app.owner
    kinds = app.activities.order_by("-sequence").values_list("kind", flat=True)
    assert list(kinds[:2]) == ["release.marked", "release.created"]
    assert current(app) == release


def test_marking_bad_takes_a_reason_and_without_one_nothing_is_done(app: App) -> None:
    with pytest.raises(OperationRefused, match="reason is needed"):
        roll_back(app=app, to=3, mark_bad=True, actor=acting(app.owner))

    assert app.releases.count() == 5
    assert not app.marks.exists()


def test_marking_bad_what_is_bad_already_leaves_one_mark(app: App) -> None:
    left = current(app)
    mark_release(
        release=left, kind=Mark.Kind.BAD, reason="slow", actor=acting(app.owner)
    )

    roll_back(app=app, to=3, reason="500s", mark_bad=True, actor=acting(app.owner))

    assert left.marks.get().reason == "slow"
