"""What an app ran at a moment, by an address that can be sent."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains
from time_machine import travel

from releases.models import App, User
from tests.dashboard.clients import stranger
from tests.factories import make_app, make_config, make_deploy

pytestmark = pytest.mark.django_db
PAGE = "/apps/then/at/"
START = datetime(2026, 5, 3, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def then(user: User) -> App:
    """v1 at noon, v2 deployed an hour later, v3 sets COLOR an hour after that."""
    with travel(START, tick=False) as clock:
        app = make_app("then", owner=user)
        clock.shift(timedelta(hours=1))
        make_deploy(app)
        clock.shift(timedelta(hours=1))
        make_config(app, COLOR="s3cret")
    return app


@pytest.mark.parametrize(
    ("time", "version"),
    [
        ("2026-05-03T12:59:59Z", "v1"),
        ("2026-05-03T13:00:00Z", "v2"),
        ("2026-05-03T15:30:00+02:00", "v2"),
        ("2026-05-03 13:30", "v2"),
        ("2026-05-03T14:00", "v3"),
    ],
)
def test_the_release_of_that_moment_is_shown(
    signed_in: Client, time: str, version: str
) -> None:
    page = signed_in.get(PAGE, {"time": time})

    assertContains(page, f">{version}</a><b>")
    assertNotContains(page, "s3cret")


def test_it_says_how_long_and_what_came_after(signed_in: Client) -> None:
    page = signed_in.get(PAGE, {"time": "2026-05-03T13:30Z"})

    assertContains(page, "live for 1 hour")
    assertContains(page, ">v3</a> took its place")
    assertContains(page, "Compare with what runs now")


def test_a_time_without_a_zone_is_the_viewers(signed_in: Client) -> None:
    signed_in.cookies["zone"] = "Pacific/Honolulu"

    page = signed_in.get(PAGE, {"time": "2026-05-03T03:30"})

    assertContains(page, ">v2</a><b>")
    assertContains(page, "Time in Pacific/Honolulu")


@pytest.mark.parametrize(
    ("time", "sentence"),
    [
        ("2026-05-03T11:00Z", "then was not there yet at 3 May 2026, 11:00:00 UTC."),
        ("2999-01-01T00:00Z", "That is still to come."),
        ("teatime", "That is no time"),
        ("9999-12-31T23:59Z", "That is no time"),
        ("", ">v3</a><b>"),
    ],
)
def test_other_moments_get_a_sentence(
    signed_in: Client, time: str, sentence: str
) -> None:
    assertContains(signed_in.get(PAGE, {"time": time}), sentence)


def test_a_stranger_sees_nothing() -> None:
    assert stranger().get(PAGE).status_code == 404
