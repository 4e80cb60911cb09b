"""What holds for every operation on an app: permission, lock, one activity, refusals."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from django.db import OperationalError, connection, transaction
from django.test import override_settings

from releases.actors import Actor
from releases.errors import NotAllowed, NotFound
from releases.models import Access, App, Mark, Release, Slug
from releases.operations.attach_addon import attach_addon, detach_addon
from releases.operations.change_config import change_config
from releases.operations.change_run_settings import RunChange, change_run_settings
from releases.operations.deactivate_user import deactivate_user
from releases.operations.deploy import deploy
from releases.operations.destroy_app import destroy_app
from releases.operations.erase_value import erase_value
from releases.operations.give_access import give_access, take_access
from releases.operations.hold_deploys import hold_deploys, resume_deploys
from releases.operations.keep_key import keep_key, unkeep_key
from releases.operations.ledger import lock_app
from releases.operations.mark_release import mark_release, unmark_release
from releases.operations.rename_app import rename_app
from releases.operations.restart_processes import restart_processes, stop_processes
from releases.operations.reveal_config import reveal_config
from releases.operations.roll_back import roll_back
from releases.operations.run_once import run_once
from releases.operations.scale import scale
from releases.operations.settle_release import cancel_release, settle_release
from releases.operations.transfer_app import transfer_app
from releases.permissions import Action
from tests.factories import (
    acting,
    make_app,
    make_config,
    make_deploy,
    make_member,
    make_process,
    make_slug,
    make_user,
)

ROLLBACK = {"rollback", "deploy", "operate"}
CONFIG = {"deploy", "operate"}


@dataclass(frozen=True)
class Case:
    """One operation: how the app is made ready, how it is called, who may."""

    name: str
    call: Callable[[App, Actor], object]
    allowed: set[str]
    ready: Callable[[App], object] = lambda _: None


def release(app: App, version: int) -> Release:
    return app.releases.get(version=version)


def slug_of(app: App) -> Slug:
    return app.slugs.earliest("created_at")


def pending(app: App) -> Release:
    return app.releases.latest("version")


def make_pending(app: App) -> None:
    """Leave a release pending, as it is while it goes live where apps run."""
    with override_settings(RELEASES_SETTLE_AT_ONCE=False):
        make_deploy(app)


def system_hold(app: App) -> None:
    hold_deploys(app=app, reason="incident", actor=Actor.system())


CASES = [
    Case("rename", lambda app, a: rename_app(app=app, name="x-y", actor=a), {"manage"}),
    Case(
        "transfer",
        lambda app, a: transfer_app(app=app, to=make_user(), actor=a),
        {"manage"},
    ),
    Case(
        "destroy",
        lambda app, a: destroy_app(app=app, confirm=app.name, actor=a),
        {"manage"},
    ),
    Case(
        "deploy",
        lambda app, a: deploy(app=app, slug=slug_of(app), actor=a),
        {"deploy"},
    ),
    Case(
        "config",
        lambda app, a: change_config(app=app, set_vars={"A": "2"}, actor=a),
        CONFIG,
    ),
    Case("rollback", lambda app, a: roll_back(app=app, to=2, actor=a), ROLLBACK),
    Case(
        "settle",
        lambda app, a: settle_release(release=pending(app), succeeded=True, actor=a),
        {"operate"},
        make_pending,
    ),
    Case(
        "cancel",
        lambda app, a: cancel_release(release=pending(app), actor=a),
        {"operate"},
        make_pending,
    ),
    Case(
        "scale",
        lambda app, a: scale(app=app, quantities={"web": "2"}, actor=a),
        {"operate"},
    ),
    Case(
        "restart",
        lambda app, a: restart_processes(app=app, actor=a),
        {"operate"},
        lambda app: make_process(app, "web", 1),
    ),
    Case(
        "stop",
        lambda app, a: stop_processes(app=app, name="web.1", actor=a),
        {"operate"},
        lambda app: make_process(app, "web", 1),
    ),
    Case(
        "run",
        lambda app, a: run_once(app=app, command="ls", actor=a),
        {"operate"},
    ),
    Case(
        "run settings",
        lambda app, a: change_run_settings(
            app=app, change=RunChange(ready_path="/up"), actor=a
        ),
        {"manage"},
    ),
    Case(
        "attach",
        lambda app, a: attach_addon(
            app=app, plan="redis:mini", config_vars={"REDIS_URL": "r"}, actor=a
        ),
        CONFIG,
    ),
    Case(
        "detach",
        lambda app, a: detach_addon(app=app, name="db", actor=a),
        CONFIG,
    ),
    Case(
        "mark",
        lambda app, a: mark_release(
            release=release(app, 2), kind=Mark.Kind.BAD, reason="slow", actor=a
        ),
        ROLLBACK,
    ),
    Case(
        "unmark",
        lambda app, a: unmark_release(
            release=release(app, 3), kind=Mark.Kind.PIN, actor=a
        ),
        ROLLBACK,
    ),
    Case("keep", lambda app, a: keep_key(app=app, name="B", actor=a), CONFIG),
    Case("unkeep", lambda app, a: unkeep_key(app=app, name="KEPT", actor=a), CONFIG),
    Case("hold", lambda app, a: hold_deploys(app=app, reason="x", actor=a), ROLLBACK),
    Case(
        "resume", lambda app, a: resume_deploys(app=app, actor=a), ROLLBACK, system_hold
    ),
    Case(
        "give",
        lambda app, a: give_access(
            app=app, user=make_user(), permissions=["view"], actor=a
        ),
        {"manage"},
    ),
    Case(
        "take",
        lambda app, a: take_access(
            app=app,
            user=app.accesses.get(permissions=["view", "rollback", "manage"]).user,
            actor=a,
        ),
        {"manage"},
    ),
    Case("reveal", lambda app, a: reveal_config(app=app, actor=a), CONFIG),
    Case(
        "erase",
        lambda app, a: erase_value(release=release(app, 3), name="A", actor=a),
        {"manage"},
    ),
    Case(
        "receive",
        lambda app, a: make_slug(app, actor=a),
        {"deploy"},
    ),
]
every_operation = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture
def app() -> App:
    """Code since v2, A changed since v3, an add-on, a pin, a kept key, a member."""
    app = make_app("shop")
    make_deploy(app)
    make_config(app, A="0")
    make_config(app, A="1")
    system = Actor.system()
    attach_addon(
        app=app, plan="postgresql:mini", name="db", config_vars={}, actor=system
    )
    make_deploy(app)
    mark_release(release=release(app, 3), kind=Mark.Kind.PIN, actor=system)
    keep_key(app=app, name="KEPT", actor=system)
    make_member(app, "rollback", "manage")
    return app


def traces(app: App) -> tuple[int, int, str]:
    now = App.objects.get(pk=app.pk)
    return (app.releases.count(), app.activities.count(), now.chain_head)


@pytest.mark.django_db
@every_operation
def test_the_owner_may_and_it_is_one_activity_in_their_name(
    case: Case, app: App
) -> None:
    case.ready(app)
    before = app.activities.count()

    case.call(app, acting(app.owner, ip="203.0.113.7", request_id="r-1"))

    assert app.activities.count() == before + 1
    activity = app.activities.order_by("-sequence")[0]
    assert activity.actor_email == app.owner.email
    assert (activity.source, activity.ip) == ("cli", "203.0.113.7")
    assert activity.request_id == "r-1"


@pytest.mark.django_db
@every_operation
@pytest.mark.parametrize("permission", Access.Permission.values)
def test_a_permission_allows_just_what_the_matrix_says(
    case: Case, permission: str, app: App
) -> None:
    case.ready(app)
    member = make_member(app, permission)
    before = traces(app)

    if permission in case.allowed:
        case.call(app, member)
        return

    with pytest.raises(NotAllowed, match="this needs the"):
        case.call(app, member)
    assert traces(app) == before


@pytest.mark.django_db
@every_operation
def test_for_a_stranger_and_for_a_deactivated_person_the_app_does_not_exist(
    case: Case, app: App
) -> None:
    case.ready(app)
    stranger, gone = (
        acting(make_user()),
        make_member(app, "deploy", "operate", "manage"),
    )
    deactivate_user(user=gone.user, actor=Actor.system())
    before = traces(app)

    for actor in (stranger, gone):
        with pytest.raises(NotFound, match="There is no app called shop"):
            case.call(app, actor)

    assert traces(app) == before


@pytest.mark.django_db
@every_operation
def test_a_superuser_may_do_all(case: Case, app: App) -> None:
    case.ready(app)

    case.call(app, acting(make_user(superuser=True)))


@pytest.mark.django_db(transaction=True)
@every_operation
def test_it_waits_for_any_other_operation_on_the_app(case: Case, app: App) -> None:
    case.ready(app)
    actor = acting(app.owner)

    def call_without_patience() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '50ms'")
            case.call(app, actor)
        finally:
            connection.close()

    with ThreadPoolExecutor() as other, transaction.atomic():
        lock_app(app, actor=actor, to_do=Action.SEE)
        with pytest.raises(OperationalError, match="lock timeout"):
            other.submit(call_without_patience).result()


@pytest.mark.django_db
@every_operation
def test_on_a_destroyed_app_there_is_nothing_to_do(case: Case, app: App) -> None:
    case.ready(app)
    destroy_app(app=app, confirm="shop", actor=Actor.system())

    with pytest.raises(NotFound, match="There is no app called shop"):
        case.call(app, Actor.system())
