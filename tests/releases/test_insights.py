"""Figures over real releases, each made at a time that its test says."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings
from time_machine import travel

from releases.actors import Actor
from releases.insights import Insights, insights
from releases.models import App, Mark, Release, User
from releases.operations.destroy_app import destroy_app
from releases.operations.mark_release import mark_release, unmark_release
from releases.operations.roll_back import roll_back
from releases.operations.settle_release import settle_release
from tests.factories import (
    acting,
    make_app,
    make_config,
    make_deploy,
    make_member,
    make_user,
)

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system()
# A Wednesday; four weeks up to it begin on 2 November.
NOW = datetime(2026, 11, 25, 15, tzinfo=UTC)


@pytest.fixture
def ada() -> User:
    return make_user("ada@example.com")


@pytest.fixture
def app(ada: User) -> App:
    with travel("2026-01-01 12:00Z"):
        app = make_app("shop", owner=ada)
        make_deploy(app)
    return app


def at(time: str, make: Callable[[], Release]) -> Release:
    with travel(f"2026-{time}Z", tick=False):
        return make()


def deployed(app: App, time: str) -> Release:
    return at(time, lambda: make_deploy(app))


def went_back(app: App, time: str, to: Release) -> Release:
    return at(time, lambda: roll_back(app=app, to=to.version, actor=SYSTEM))


def of(app: App, *, weeks: int = 4, now: datetime = NOW) -> Insights:
    app.refresh_from_db()
    return insights(SYSTEM, weeks=weeks, now=now, app=app)


def test_deploys_are_counted_by_the_week_they_were_made_in(app: App) -> None:
    for time in ("11-02 00:00", "11-08 23:59", "11-09 00:00", "11-25 14:00"):
        deployed(app, time)
    deployed(app, "11-01 23:59")
    at("11-10 12:00", lambda: make_config(app, COLOR="red"))

    found = of(app)

    assert [(week.starts, week.deploys) for week in found.now.weeks] == [
        (date(2026, 11, 2), 2),
        (date(2026, 11, 9), 1),
        (date(2026, 11, 16), 0),
        (date(2026, 11, 23), 1),
    ]
    assert found.now.deploys == 4
    assert found.whole.deploys == 3
    assert (found.before.deploys, found.before.weeks[0].starts) == (
        1,
        date(2026, 10, 5),
    )


def test_weeks_begin_on_mondays_where_one_is(app: App) -> None:
    deployed(app, "11-08 23:30")

    vienna = of(app, now=NOW.astimezone(ZoneInfo("Europe/Vienna")))

    assert [week.deploys for week in vienna.now.weeks] == [0, 1, 0, 0]


def test_a_deploy_that_a_rollback_undid_was_regretted(app: App) -> None:
    good = deployed(app, "11-03 10:00")
    deployed(app, "11-10 10:00")
    deployed(app, "11-10 11:00")
    went_back(app, "11-17 10:00", good)
    deployed(app, "11-18 10:00")

    found = of(app).now

    assert [week.regretted for week in found.weeks] == [0, 2, 0, 0]
    assert (found.deploys, found.regretted, found.failure_rate) == (4, 2, 0.5)


def test_a_rollback_that_was_undone_itself_undid_nothing(app: App) -> None:
    good = deployed(app, "11-03 10:00")
    better = deployed(app, "11-10 10:00")
    went_back(app, "11-10 11:00", good)
    went_back(app, "11-10 12:00", better)

    found = of(app).now

    assert (found.regretted, found.rollbacks, found.restores) == (0, 2, [])


def test_a_deploy_that_is_marked_bad_was_regretted_once(app: App) -> None:
    good = deployed(app, "11-03 10:00")
    bad = deployed(app, "11-10 10:00")
    went_back(app, "11-10 11:00", good)
    pardoned = deployed(app, "11-17 10:00")
    for release in (bad, pardoned):
        mark_release(
            release=release, kind=Mark.Kind.BAD, reason="It broke.", actor=SYSTEM
        )
    unmark_release(release=pardoned, kind=Mark.Kind.BAD, actor=SYSTEM)

    assert [week.regretted for week in of(app).now.weeks] == [0, 1, 0, 0]


def test_what_never_went_live_is_no_deploy_and_no_failed_change(
    app: App, settings: Settings
) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False
    failed = deployed(app, "11-10 10:00")
    settle_release(release=failed, succeeded=False, actor=SYSTEM)
    deployed(app, "11-10 11:00")

    week = of(app).now.weeks[1]

    assert (week.deploys, week.never_live, week.regretted) == (0, 1, 0)


def test_restoring_took_from_the_first_release_that_was_undone(app: App) -> None:
    good = deployed(app, "11-03 10:00")
    deployed(app, "11-10 10:00")
    at("11-10 10:20", lambda: make_config(app, COLOR="red"))
    went_back(app, "11-10 10:50", good)
    worse = deployed(app, "11-11 09:00")
    went_back(app, "11-11 09:10", good)

    found = of(app)

    week = found.now.weeks[1]
    assert sorted(week.restores) == [timedelta(minutes=10), timedelta(minutes=50)]
    assert found.now.time_to_restore == timedelta(minutes=30)
    assert [(each.release.version, each.took) for each in found.latest] == [
        (worse.version + 1, timedelta(minutes=10)),
        (worse.version - 1, timedelta(minutes=50)),
    ]


def test_a_config_change_that_was_undone_is_restored_and_no_failed_deploy(
    app: App,
) -> None:
    good = deployed(app, "11-03 10:00")
    at("11-10 10:00", lambda: make_config(app, COLOR="red"))
    went_back(app, "11-10 10:05", good)

    found = of(app).now

    assert (found.regretted, found.restores) == (0, [timedelta(minutes=5)])


def test_what_is_undone_later_counts_for_the_period_it_was_made_in(app: App) -> None:
    good = deployed(app, "10-20 10:00")
    deployed(app, "10-27 10:00")
    went_back(app, "11-03 10:00", good)

    found = of(app)

    assert (found.before.regretted, found.now.regretted) == (1, 0)
    assert (found.before.rollbacks, found.now.rollbacks) == (0, 1)


def test_an_app_without_deploys_has_no_rate_and_no_time(app: App) -> None:
    found = of(app)

    assert found.now.failure_rate is None
    assert found.now.time_to_restore is None
    assert (found.now.deploys, list(found.latest)) == (0, [])


def test_over_all_apps_only_those_count_that_one_may_see(app: App, ada: User) -> None:
    other = make_app("blog")
    gone = make_app("gone", owner=ada)
    for each in (app, other, gone):
        good = deployed(each, "11-03 10:00")
        deployed(each, "11-10 10:00")
        went_back(each, "11-10 11:00", good)
    destroy_app(app=gone, confirm="gone", actor=acting(ada))

    def seen_by(actor: Actor) -> tuple[int, int, list[str]]:
        found = insights(actor, weeks=4, now=NOW)
        names = [each.release.app.name for each in found.latest]
        return found.now.deploys, found.now.regretted, sorted(names)

    assert seen_by(acting(ada)) == (2, 1, ["shop"])
    assert seen_by(make_member(other, "view")) == (2, 1, ["blog"])
    assert seen_by(acting(make_user())) == (0, 0, [])
    assert seen_by(acting(make_user(superuser=True))) == (4, 2, ["blog", "shop"])


def test_a_clock_that_went_ahead_breaks_nothing(app: App) -> None:
    good = deployed(app, "11-30 10:00")
    deployed(app, "12-07 10:00")
    went_back(app, "12-07 11:00", good)

    found = of(app).now.weeks[-1]

    assert (found.deploys, found.regretted, found.rollbacks) == (2, 1, 1)


def test_it_takes_the_same_statements_however_much_happened(
    app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # Counts by week, rollbacks, marked bad, the latest rollbacks.
    with django_assert_num_queries(4):
        of_app = insights(SYSTEM, weeks=4, now=NOW, app=app)
    assert not of_app.latest
    for _ in range(3):
        deployed(app, "11-10 10:00")
        went_back(app, "11-10 11:00", app.releases.get(version=2))

    # And what the rollbacks undid, twice.
    with django_assert_num_queries(6):
        insights(SYSTEM, weeks=4, now=NOW, app=app)


def test_what_came_before_the_period_is_not_asked_for(app: App) -> None:
    with CaptureQueriesContext(connection) as asked:
        insights(SYSTEM, weeks=4, now=NOW, app=app)

    assert '"created_at" >= ' in asked.captured_queries[0]["sql"]
