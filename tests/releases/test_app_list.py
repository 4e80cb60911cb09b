"""Which apps come first, in pages that cost the same however many there are."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from time_machine import travel

from releases.actors import Actor
from releases.app_list import (
    BEGINNING,
    Cursor,
    ListedApp,
    apps_by_need,
    days_of_releases,
    serving_states,
)
from releases.models import App, Process, Release, User
from releases.operations.hold_deploys import hold_deploys
from releases.operations.roll_back import roll_back
from releases.operations.settle_release import settle_release
from tests.factories import (
    acting,
    make_app,
    make_config,
    make_deploy,
    make_member,
    make_process,
    make_user,
)

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system()


@pytest.fixture
def ada() -> User:
    return make_user("ada@example.com")


@pytest.fixture
def make(ada: User) -> Callable[[str], App]:
    return lambda name: make_app(name, owner=ada)


def listed(ada: User, *, search: str = "") -> dict[str, ListedApp]:
    page = apps_by_need(acting(ada), now=timezone.now(), search=search)
    return {each.app.name: each for each in page.apps}


def hold(app: App) -> None:
    hold_deploys(app=app, reason="An incident.", actor=SYSTEM)


def fail(app: App) -> Release:
    return settle_release(release=make_deploy(app), succeeded=False, actor=SYSTEM)


@pytest.fixture
def settles_later(settings: Settings) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False


@pytest.mark.usefixtures("settles_later")
def test_what_needs_somebody_comes_first_and_the_others_by_name(
    ada: User, make: Callable[[str], App]
) -> None:
    for name in ("zulu", "alfa"):
        make(name)
    for name in ("held-b", "held-a"):
        hold(make(name))
    make_deploy(make("pending"))
    fail(make("failed"))
    crashed = make("x-crashed")
    make_process(crashed, "web", 1, state=Process.State.CRASHED)
    hold(crashed)

    found = listed(ada)

    assert [*found] == [
        "x-crashed",
        "failed",
        "held-a",
        "held-b",
        "pending",
        "alfa",
        "zulu",
    ]
    assert found["x-crashed"].has_crashed
    assert found["failed"].has_failed
    assert found["pending"].is_pending


@pytest.mark.usefixtures("settles_later")
def test_a_failed_release_needs_somebody_until_the_next_is_made_or_a_month_is_over(
    ada: User, make: Callable[[str], App]
) -> None:
    overtaken, old = make("overtaken"), make("old")
    fail(overtaken)
    settle_release(release=make_deploy(overtaken), succeeded=True, actor=SYSTEM)
    with travel(timezone.now() - timedelta(days=31)):
        fail(old)
    fail(make("recent"))

    found = listed(ada)

    assert [*found] == ["recent", "old", "overtaken"]
    assert [each.has_failed for each in found.values()] == [True, False, False]


def test_pages_go_through_all_apps_once(ada: User, make: Callable[[str], App]) -> None:
    for number in range(9):
        app = make(f"app-{number}")
        if number % 2:
            hold(app)
    seen, sizes = [], []
    after: Cursor | None = BEGINNING

    while after is not None:
        page = apps_by_need(acting(ada), now=timezone.now(), after=after, size=3)
        seen += [each.app.name for each in page.apps]
        sizes.append(len(page.apps))
        after = page.more

    assert sizes == [3, 3, 3]
    assert seen == [f"app-{number}" for number in (1, 3, 5, 7, 0, 2, 4, 6, 8)]


def test_a_search_finds_what_is_within_names(
    ada: User, make: Callable[[str], App]
) -> None:
    for name in ("web-shop", "shop-api", "blog"):
        make(name)
    hold(make("shop-held"))

    assert [*listed(ada, search="SHOP")] == ["shop-held", "shop-api", "web-shop"]
    assert [*listed(ada, search="%")] == []
    assert [*listed(ada, search="nothing")] == []


def test_apps_of_others_are_not_there_whatever_they_need(ada: User) -> None:
    other = make_app("other")
    hold(other)

    assert listed(ada) == {}
    assert [*listed(make_member(other, "view").user)] == ["other"]


def test_a_page_takes_three_statements_however_many_need_somebody(
    ada: User,
    make: Callable[[str], App],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(4):
        hold(make(f"held-{number}"))
        make(f"app-{number}")

    # What the person may see, the apps that need somebody, the others.
    with django_assert_num_queries(3):
        listed(ada)


def test_releases_are_counted_by_the_day_where_one_is(
    make: Callable[[str], App],
) -> None:
    now = datetime(2026, 11, 25, 12, tzinfo=ZoneInfo("Europe/Vienna"))
    with travel("2026-10-26 22:30Z", tick=False):
        app = make("shop")
        good = make_deploy(app)
    with travel("2026-10-26 23:30Z", tick=False):
        make_config(app, COLOR="red")
    with travel("2026-11-25 10:00Z", tick=False):
        make_deploy(app)
        roll_back(app=app, to=good.version, actor=SYSTEM)

    found = days_of_releases([app, make("quiet")], now)

    days = found[app.pk]
    assert {day: (each.releases, each.rollbacks) for day, each in days.items()} == {
        date(2026, 10, 27): (1, 0),
        date(2026, 11, 25): (2, 1),
    }
    assert [*found] == [app.pk]
    assert days_of_releases([app], now.astimezone(UTC))[app.pk].keys() == {
        date(2026, 11, 25)
    }


def test_processes_are_counted_by_state_but_for_idle_ones(
    make: Callable[[str], App],
) -> None:
    app = make("shop")
    make_process(app, "web", 1)
    make_process(app, "web", 2)
    make_process(app, "worker", 1, state=Process.State.CRASHED)
    make_process(app, "web", 3, state=Process.State.IDLE, idle_until=timezone.now())

    assert serving_states([app]) == {app.pk: {"up": 2, "crashed": 1}}
