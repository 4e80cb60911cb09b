"""Many at once, with real threads and connections."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from django.db import connection

from releases.actors import Actor
from releases.errors import Conflict, OperationRefused
from releases.models import Activity, App, Release
from releases.operations.attach_addon import attach_addon
from releases.operations.change_config import change_config
from releases.operations.create_app import create_app
from releases.operations.deploy import deploy
from releases.operations.keep_key import keep_key
from releases.operations.reveal_config import reveal_config
from releases.operations.roll_back import roll_back
from releases.plans import PlanMoved, plan
from releases.verification import verify_app
from tests.factories import (
    acting,
    make_app,
    make_config,
    make_deploy,
    make_slug,
    make_user,
)

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system()


def at_once(calls: list[Callable[[], object]]) -> list[object]:
    """Make all `calls` at the same moment, and return what each gave or why not."""
    start = Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        try:
            connection.ensure_connection()
            start.wait()
            return call()
        except OperationRefused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def assert_sound(app: App) -> None:
    app.refresh_from_db()
    versions = list(app.releases.order_by("version").values_list("version", flat=True))
    assert versions == list(range(1, app.last_version + 1))
    assert list(verify_app(app.pk)) == []


def test_fifty_mixed_operations_at_once_leave_no_gap_and_lose_no_config() -> None:
    app = make_app("shop")
    slugs = [make_slug(app) for _ in range(3)]
    deploy(app=app, slug=slugs[0], actor=SYSTEM)
    make_config(app, COLOR="red")
    draw = random.Random(7)  # noqa: S311  # a repeatable mix, not a secret

    def set_key(number: int) -> Callable[[], object]:
        return lambda: change_config(
            app=app, set_vars={f"KEY_{number}": str(number)}, actor=SYSTEM
        )

    calls: list[Callable[[], object]] = [set_key(number) for number in range(20)]
    calls += [
        partial(deploy, app=app, slug=slug, actor=SYSTEM)
        for slug in draw.choices(slugs, k=15)
    ]
    calls += [
        lambda: roll_back(app=app, to=2, scope=Release.Scope.CODE, actor=SYSTEM)
        for _ in range(10)
    ]
    calls += [
        partial(keep_key, app=app, name=f"KEPT_{number}", actor=SYSTEM)
        for number in range(5)
    ]
    draw.shuffle(calls)

    answers = at_once(calls)

    made = [answer for answer in answers if isinstance(answer, Release)]
    refused = [answer for answer in answers if isinstance(answer, OperationRefused)]
    # Only rollbacks may be refused: where the code of v2 runs already.
    assert {refusal.code for refusal in refused} <= {"nothing_changes"}
    assert app.releases.count() == 3 + len(made)
    values = reveal_config(app=app, actor=SYSTEM)
    assert values == {"COLOR": "red"} | {f"KEY_{n}": str(n) for n in range(20)}
    assert_sound(app)


def test_eight_writers_of_25_keys_each_lose_nothing_and_are_refused_nothing() -> None:
    app = make_app("shop")

    def write(writer: int) -> Callable[[], None]:
        def set_25() -> None:
            for key in range(25):
                change_config(
                    app=app, set_vars={f"W{writer}_{key}": f"{key}"}, actor=SYSTEM
                )

        return set_25

    answers = at_once([write(writer) for writer in range(8)])

    assert answers == [None] * 8
    assert reveal_config(app=app, actor=SYSTEM) == {
        f"W{writer}_{key}": f"{key}" for writer in range(8) for key in range(25)
    }
    assert app.releases.count() == 201
    assert_sound(app)


def test_a_deploy_and_a_config_change_at_once_both_survive() -> None:
    app = make_app("shop")
    make_config(app, COLOR="red")
    slug = make_slug(app)

    at_once(
        [
            lambda: deploy(app=app, slug=slug, actor=SYSTEM),
            lambda: change_config(app=app, set_vars={"COLOR": "blue"}, actor=SYSTEM),
        ]
    )

    current = App.objects.get(pk=app.pk).current_release
    assert current.slug == slug
    assert reveal_config(app=app, actor=SYSTEM) == {"COLOR": "blue"}
    assert_sound(app)


def test_of_two_people_with_the_same_plan_one_rolls_back() -> None:
    app = make_app("shop")
    for _ in range(3):
        make_deploy(app)
    people = [acting(make_user(superuser=True)) for _ in range(2)]
    digest = plan(app=app, to=2, actor=SYSTEM).digest

    answers = at_once(
        [
            partial(roll_back, app=app, to=2, plan_digest=digest, actor=actor)
            for actor in people
        ]
    )

    assert sorted(type(answer).__name__ for answer in answers) == [
        PlanMoved.__name__,
        Release.__name__,
    ]
    assert_sound(app)


def test_the_same_request_many_times_at_once_makes_one_release() -> None:
    app = make_app("shop")
    for _ in range(3):
        make_deploy(app)

    answers = at_once(
        [
            lambda: roll_back(app=app, to=2, idempotency_key="press", actor=SYSTEM)
            for _ in range(8)
        ]
    )

    assert len(set(answers)) == 1
    assert app.releases.count() == 5
    assert_sound(app)


def test_of_two_apps_of_one_name_at_once_one_is_made() -> None:
    ada = acting(make_user())

    answers = at_once([lambda: create_app(name="shop", actor=ada) for _ in range(4)])

    assert sum(isinstance(answer, App) for answer in answers) == 1
    assert sum(isinstance(answer, Conflict) for answer in answers) == 3
    assert Activity.objects.filter(kind=Activity.Kind.RELEASE_CREATED).count() == 1


def test_of_two_addons_of_one_name_at_once_one_is_attached() -> None:
    apps = [make_app(), make_app()]

    answers = at_once(
        [
            partial(
                attach_addon,
                app=app,
                plan="s:p",
                name="db",
                config_vars={},
                actor=SYSTEM,
            )
            for app in apps
        ]
    )

    assert sorted(type(answer).__name__ for answer in answers) == [
        "Conflict",
        "Release",
    ]
    for app in apps:
        assert_sound(app)
