"""What an app ran at a moment, by an address that can be sent."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects
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
        ("2026-05-03T15:30:00 02:00", "v2"),
        ("2026-05-03 13:30", "v2"),
        ("2026-05-03T14:00", "v3"),
    ],
)
def test_the_release_of_that_moment_is_shown(
    signed_in: Client, time: str, version: str
) -> None:
    page = signed_in.get(PAGE, {"time": time}, follow=True)

    assertContains(page, f">{version}</a><b>")
    assertNotContains(page, "s3cret")


def test_it_says_how_long_and_what_came_after(signed_in: Client) -> None:
    page = signed_in.get(PAGE, {"time": "2026-05-03T13:20:00Z"})

    assertContains(page, "live for 1 hour")
    assertContains(
        page, ">v1</a> Initial release, until v2 took its place 20 minutes before"
    )
    assertContains(page, "Compare v1 with v2")
    assertContains(page, "Set COLOR config vars, which took its place 40 minutes after")
    assertContains(page, "Compare v2 with v3")
    assertContains(page, "Compare with what runs now")


def test_the_first_and_the_last_have_nothing_before_and_after(
    signed_in: Client,
) -> None:
    first = signed_in.get(PAGE, {"time": "2026-05-03T12:30:00Z"})
    assertContains(first, "Nothing: v1 came with the app.")
    last = signed_in.get(PAGE)
    assertContains(last, "Nothing: v3 still runs.")
    assertNotContains(last, "Compare with what runs now")


def test_what_went_live_within_the_second_that_is_named_ran_at_it(
    signed_in: Client, then: App
) -> None:
    with travel(START + timedelta(hours=3, milliseconds=400), tick=False):
        make_config(then, COLOR="blue")

    page = signed_in.get(PAGE, {"time": "2026-05-03T15:00:00Z"})

    assertContains(page, ">v4</a><b>")
    assertContains(page, "until v4 took its place in that second")


def test_config_keys_are_those_of_then(signed_in: Client) -> None:
    now = signed_in.get(PAGE)
    assertContains(now, "COLOR</li>")
    assertContains(now, "1 key<")
    before = signed_in.get(PAGE, {"time": "2026-05-03T13:00:00Z"})
    assertNotContains(before, "COLOR</li>")
    assertContains(before, "0 keys<")


def test_a_time_without_a_zone_is_the_viewers(signed_in: Client) -> None:
    signed_in.cookies["zone"] = "Pacific/Honolulu"

    page = signed_in.get(PAGE, {"time": "2026-05-03T03:30"}, follow=True)

    assertContains(page, ">v2</a><b>")
    assertContains(page, "Time in Pacific/Honolulu")
    assertContains(page, 'value="2026-05-03T03:30:00"')


def test_the_address_means_the_same_to_who_is_sent_it(signed_in: Client) -> None:
    signed_in.cookies["zone"] = "Pacific/Honolulu"

    page = signed_in.get(PAGE, {"time": "2026-05-03T03:30"})

    assertRedirects(page, f"{PAGE}?time=2026-05-03T13:30:00Z")


@pytest.mark.parametrize(
    ("time", "shown", "other", "leads_to"),
    [
        ("2025-10-26T02:30", "first", "second", "2025-10-26T01:30:00Z"),
        ("2025-10-26T02:30:00+02:00", "first", "second", "2025-10-26T01:30:00Z"),
        ("2025-10-26T02:30:00+01:00", "second", "first", "2025-10-26T00:30:00Z"),
    ],
)
def test_of_a_time_that_comes_twice_the_first_is_shown_and_leads_to_the_second(
    signed_in: Client, time: str, shown: str, other: str, leads_to: str
) -> None:
    signed_in.cookies["zone"] = "Europe/Berlin"

    page = signed_in.get(PAGE, {"time": time}, follow=True)

    assertContains(page, f"Shown is the {shown}")
    assertContains(page, f'href="?time={leads_to}">look at the {other}')
    assertContains(page, 'value="2025-10-26T02:30:00"')
    assertNotContains(page, "is no time")


def test_a_time_that_comes_once_has_no_other(signed_in: Client) -> None:
    signed_in.cookies["zone"] = "Europe/Berlin"

    page = signed_in.get(PAGE, {"time": "2025-10-26T03:30"}, follow=True)

    assertContains(page, "03:30:00 CET")
    assertNotContains(page, "twice")


def test_a_time_that_clocks_skipped_is_told_as_that_and_stays_typed(
    signed_in: Client,
) -> None:
    signed_in.cookies["zone"] = "Europe/Berlin"

    page = signed_in.get(PAGE, {"time": "2026-03-29T02:30"}, follow=True)

    assertContains(page, "did not occur in Europe/Berlin: clocks were put forward")
    assertContains(page, 'value="2026-03-29T02:30"')
    assertContains(page, ">v3</a><b>")


def test_a_time_that_is_still_to_come_stays_typed(signed_in: Client) -> None:
    page = signed_in.get(PAGE, {"time": "2999-01-01T00:00Z"}, follow=True)

    assertContains(page, 'value="2999-01-01T00:00:00"')


@pytest.mark.parametrize(
    ("time", "sentence"),
    [
        ("2026-05-03T11:00Z", "then was not there yet at 3 May 2026, 11:00:00 UTC."),
        ("2999-01-01T00:00Z", "That is still to come."),
        ("teatime", "“teatime” is no time"),
        ("9999-12-31T23:59Z", "“9999-12-31T23:59Z” is no time"),
        ("0003-01-01", "is no time"),
        ("\0", "is no time"),
        ("", ">v3</a><b>"),
    ],
)
def test_other_moments_get_a_sentence(
    signed_in: Client, time: str, sentence: str
) -> None:
    assertContains(signed_in.get(PAGE, {"time": time}, follow=True), sentence)


def test_it_takes_the_same_few_statements_for_any_history(
    signed_in: Client,
    then: App,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(20):
        make_config(then, COLOR=str(number), **{f"KEY{number}": "x"})

    # Session, user, the app with what one may, the release, its neighbours, its keys.
    for query in ("", "?time=2026-05-03T13:30:00Z"):
        with django_assert_num_queries(7):
            signed_in.get(f"{PAGE}{query}")


def test_releases_lead_to_their_moment(signed_in: Client) -> None:
    release = signed_in.get("/apps/then/releases/v2/")

    assertContains(release, f'href="{PAGE}?time=2026-05-03T13:00:00Z"')
    assertContains(signed_in.get(f"{PAGE}?time=2026-05-03T13:00:00Z"), ">v2</a><b>")


def test_a_stranger_sees_nothing() -> None:
    assert stranger().get(PAGE).status_code == 404
