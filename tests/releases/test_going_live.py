"""What a plan promises of how it goes live: what the runtime would do, and no more."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from releases.api.objects import plan_object
from releases.going_live import GoesLive, Way
from releases.management.console.plan_text import plan_text
from releases.models import App, Process, Release
from releases.operations.change_run_settings import RunChange, change_run_settings
from releases.operations.keep_key import keep_key
from releases.operations.scale import scale
from releases.plans import Plan, plan
from releases.restoring import Scope
from tests.factories import acting, make_app, make_config, make_deploy, make_process

pytestmark = pytest.mark.django_db
PROCFILE = {"Procfile": "web: serve\nrelease: migrate --all\n", "one.txt": "1"}


@pytest.fixture
def app(settings: Settings) -> App:
    """v2 deploys, v3 sets COLOR=red, v4 sets COLOR=blue; v3 waits idle."""
    settings.ROLLBOOK_RUNTIME = True
    app = make_app("shop")
    make_deploy(app)
    make_config(app, COLOR="red")
    make_config(app, COLOR="blue")
    app.refresh_from_db()
    make_idle(app, 3)
    return app


def make_idle(app: App, version: int, *, minutes: int = 30, number: int = 1) -> Process:
    return make_process(
        app,
        "web",
        number,
        release=app.releases.get(version=version),
        state=Process.State.IDLE,
        idle_until=timezone.now() + timedelta(minutes=minutes),
    )


def planned(app: App, to: int, scope: Scope = Scope.EVERYTHING) -> Plan:
    return plan(app=app, to=to, scope=scope, actor=acting(app.owner))


def way(app: App, to: int, scope: Scope = Scope.EVERYTHING) -> Way:
    found = planned(app, to, scope).goes_live
    assert found is not None
    return found.way


def with_release_phase() -> tuple[App, Release]:
    """Return an app whose v2 has a release phase, and v3 has not; v2 waits idle."""
    app = make_app("phased")
    v2 = make_deploy(app, files=PROCFILE)
    make_deploy(app)
    app.refresh_from_db()
    make_idle(app, 2)
    return app, v2


def test_what_waits_idle_of_the_same_code_and_config_is_taken_up(app: App) -> None:
    assert way(app, 3) == Way.WARM


def test_what_waits_idle_of_other_code_or_config_is_not(app: App) -> None:
    assert way(app, 2) == Way.COLD

    make_deploy(app)
    assert way(app, 3, Scope.CODE) == Way.COLD


def test_a_kept_key_that_changed_since_makes_it_cold(app: App) -> None:
    make_deploy(app)
    keep_key(app=app, name="COLOR", actor=acting(app.owner))

    assert way(app, 3) == Way.COLD


def test_another_formation_or_none_left_idle_makes_it_cold(app: App) -> None:
    scale(app=app, quantities={"web": "2"}, actor=acting(app.owner))
    assert way(app, 3) == Way.COLD

    make_idle(app, 3, number=2)
    assert way(app, 3) == Way.WARM

    Process.objects.all().delete()
    assert way(app, 3) == Way.COLD


def test_what_is_about_to_stop_is_no_promise(app: App) -> None:
    Process.objects.all().delete()
    make_idle(app, 3, minutes=-1)

    assert way(app, 3) == Way.COLD


def test_without_web_processes_there_is_nothing_to_wait_for(app: App) -> None:
    scale(app=app, quantities={"web": "0"}, actor=acting(app.owner))

    assert way(app, 3) == Way.AT_ONCE


def test_where_apps_do_not_run_nothing_is_promised(
    app: App, settings: Settings
) -> None:
    settings.ROLLBOOK_RUNTIME = False

    found = planned(app, 3).goes_live

    assert found == GoesLive(Way.AT_ONCE)
    assert found.sentences == []


def test_a_plan_that_is_blocked_and_a_comparison_do_not_go_live(app: App) -> None:
    assert planned(app, 4).goes_live is None
    assert plan_object(planned(app, 4))["goes_live"] is None


def test_the_release_phase_runs_only_where_the_app_asks_for_it(
    settings: Settings,
) -> None:
    settings.ROLLBOOK_RUNTIME = True
    app, _ = with_release_phase()
    assert planned(app, 2).goes_live == GoesLive(Way.WARM, skips_phase=True)

    change_run_settings(
        app=app,
        change=RunChange(release_phase_on_rollback=True),
        actor=acting(app.owner),
    )

    # What waits idle was there before the phase ran.
    assert planned(app, 2).goes_live == GoesLive(Way.COLD, "migrate --all")


def test_it_is_told_to_programs_and_to_people(settings: Settings) -> None:
    settings.ROLLBOOK_RUNTIME = True
    app, _ = with_release_phase()
    read = planned(app, 2)

    assert plan_object(read)["goes_live"] == {
        "way": "warm",
        "release_phase": None,
        "sentences": [
            "Its web processes are still running idle: traffic switches at once.",
            "The release phase is not run again.",
        ],
    }
    assert (
        "Going live\n"
        "  Its web processes are still running idle: traffic switches at once.\n"
        "  The release phase is not run again.\n"
    ) in plan_text(read, columns=None)


def test_it_is_not_part_of_the_digest(app: App) -> None:
    before = planned(app, 3)

    Process.objects.all().delete()

    after = planned(app, 3)
    assert before.goes_live != after.goes_live
    assert before.digest == after.digest


def test_it_takes_three_statements_more(
    app: App, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    actor = acting(app.owner)
    # The permission, the app, both releases, their config vars, those between.
    settings.ROLLBOOK_RUNTIME = False
    with django_assert_num_queries(5):
        plan(app=app, to=3, actor=actor)

    # And the run settings, the formation, what waits idle.
    settings.ROLLBOOK_RUNTIME = True
    with django_assert_num_queries(8):
        plan(app=app, to=3, actor=actor)
