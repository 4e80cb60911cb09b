"""Where going back leads, if nobody says where."""

import pytest
from pytest_django import DjangoAssertNumQueries

from releases.actors import Actor
from releases.models import App, Mark
from releases.operations.erase_value import erase_value
from releases.operations.mark_release import mark_release
from releases.restoring import Scope
from releases.way_back import way_back
from tests.factories import make_app, make_config, make_deploy

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@pytest.fixture
def app() -> App:
    """v2, v4 and v5 deploy; v3 sets TOKEN, and v6 another one."""
    app = make_app("shop")
    make_deploy(app)
    make_config(app, TOKEN="leaked")
    make_deploy(app)
    make_deploy(app)
    make_config(app, TOKEN="new")
    return app


def where(app: App) -> tuple[int, Scope] | None:
    app.refresh_from_db()
    way = way_back(app)
    return (way.target.version, way.scope) if way else None


def erase(app: App) -> None:
    erase_value(release=app.releases.get(version=3), name="TOKEN", actor=SYSTEM)


def mark_bad(app: App, version: int) -> None:
    release = app.releases.get(version=version)
    mark_release(release=release, kind=Mark.Kind.BAD, reason="slow", actor=SYSTEM)


def test_it_is_the_last_known_good_release(app: App) -> None:
    assert where(app) == (5, Scope.EVERYTHING)


def test_what_can_be_restored_as_a_whole_comes_before_what_is_newer(app: App) -> None:
    erase(app)

    assert where(app) == (2, Scope.EVERYTHING)


def test_where_no_config_can_go_back_any_more_it_is_code_that_differs(app: App) -> None:
    erase(app)
    mark_bad(app, 2)

    # v5 has the code that runs.
    assert where(app) == (4, Scope.CODE)
    mark_bad(app, 4)
    assert where(app) == (3, Scope.CODE)


def test_nobody_is_led_to_config_alone() -> None:
    app = make_app()
    make_config(app, COLOR="red")
    make_config(app, COLOR="blue")
    make_deploy(app)

    assert where(app) is None


def test_it_takes_so_many_queries_however_long_the_history(
    app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    erase(app)
    mark_bad(app, 2)
    app.refresh_from_db()

    # The current release and its vars; for each of two scopes: releases, and vars.
    with django_assert_num_queries(6):
        way_back(app)
