"""What all apps ran at a moment is what each of them says that it ran."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings
from time_machine import travel

from releases.actors import Actor
from releases.models import App, Release, User
from releases.operations.settle_release import settle_release
from releases.queries import release_at
from releases.ran_at import ran_at
from tests.factories import (
    acting,
    make_app,
    make_config,
    make_deploy,
    make_member,
    make_user,
)

pytestmark = pytest.mark.django_db
START = datetime(2026, 5, 3, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ada() -> User:
    return make_user("ada@example.com")


def told(actor: Actor, moment: datetime) -> dict[str, str]:
    return {each.app.name: str(each.release) for each in ran_at(actor, moment).ran}


def test_each_app_is_told_with_the_release_that_was_current_then(ada: User) -> None:
    with travel(START, tick=False) as clock:
        for name in ("blog", "mail", "shop"):
            app = make_app(name, owner=ada)
            for _ in range(3):
                clock.shift(MINUTE)
                make_deploy(app)

    for minutes in range(-1, 11):
        moment = START + minutes * MINUTE
        expected = {
            app.name: str(release)
            for app in App.objects.order_by("name")
            if (release := release_at(app, moment))
        }
        assert told(acting(ada), moment) == expected
    assert set(expected.values()) == {"v4"}


def test_what_waits_or_failed_ran_never(ada: User, settings: Settings) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False
    with travel(START, tick=False) as clock:
        app = make_app("shop", owner=ada)
        clock.shift(MINUTE)
        release = make_deploy(app)
        assert told(acting(ada), START + MINUTE) == {"shop": "v1"}
        settle_release(release=release, succeeded=False, actor=acting(ada))

    assert app.releases.get(version=2).status == Release.Status.FAILED
    assert told(acting(ada), START + MINUTE) == {"shop": "v1"}


def test_one_is_told_of_the_apps_that_one_may_see(ada: User) -> None:
    app, _ = make_app("shop", owner=ada), make_app("blog", owner=ada)
    later = datetime.now(UTC) + MINUTE

    assert told(make_member(app, "view"), later) == {"shop": "v1"}
    assert told(acting(make_user()), later) == {}
    assert set(told(acting(make_user(superuser=True)), later)) == {"blog", "shop"}


def test_pages_go_on_where_the_one_before_ended(ada: User) -> None:
    for name in ("aa1", "aa2", "bb1", "aa3"):
        make_config(make_app(name, owner=ada), COLOR="red")
    later = datetime.now(UTC) + MINUTE

    first = ran_at(acting(ada), later, search="AA", size=2)
    rest = ran_at(acting(ada), later, search="aa", after=first.more, size=2)

    assert [each.app.name for each in first.ran] == ["aa1", "aa2"]
    assert ([each.app.name for each in rest.ran], rest.more) == (["aa3"], "")
