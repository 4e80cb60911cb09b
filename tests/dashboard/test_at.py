"""What all apps ran at a moment, each by name with when it had gone live."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects
from time_machine import travel

from releases.models import User
from releases.operations.destroy_app import destroy_app
from releases.ran_at import PAGE as ROWS
from tests.dashboard.clients import stranger
from tests.factories import acting, make_app, make_config, make_deploy

pytestmark = pytest.mark.django_db
PAGE = "/at/"
START = datetime(2026, 5, 3, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def then(user: User) -> None:
    """Blog and shop at noon, shop's v2 an hour later, mail an hour after that; gone went."""
    with travel(START, tick=False) as clock:
        make_app("blog", owner=user)
        shop, gone = make_app("shop", owner=user), make_app("gone", owner=user)
        clock.shift(timedelta(hours=1))
        make_config(shop, COLOR="s3cret")
        clock.shift(timedelta(hours=1))
        make_app("mail", owner=user)
        make_deploy(shop)
        destroy_app(app=gone, confirm="gone", actor=acting(user))


def test_each_app_that_was_there_is_told_with_what_it_ran(signed_in: Client) -> None:
    page = signed_in.get(PAGE, {"time": "2026-05-03T13:10:00Z"})

    assertContains(page, "10 minutes before")
    assertContains(page, "1 hour 10 minutes before")
    assertContains(page, "Set COLOR config vars")
    assertContains(page, 'href="/apps/shop/compare/?from=v2&amp;to=v3"')
    assertContains(page, "Still v1")
    assertContains(page, 'href="/apps/shop/at/?time=2026-05-03T13:10:00Z"')
    for other in ("mail", "gone", "s3cret"):
        assertNotContains(page, other)


def test_what_had_only_just_gone_live_stands_out(signed_in: Client) -> None:
    soon = signed_in.get(PAGE, {"time": "2026-05-03T13:15:00Z"})
    assertContains(soon, "state-warn", count=1)
    later = signed_in.get(PAGE, {"time": "2026-05-03T13:16:00Z"})
    assertNotContains(later, "state-warn")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (
            {"time": "2026-05-03T11:59:59Z"},
            "None of the apps you can see was there yet.",
        ),
        ({"time": "2999-01-01T00:00:00Z"}, "That is still to come."),
        ({"time": "tea & <b>"}, "“tea &amp; &lt;b&gt;” is no time"),
        ({"q": "nothing"}, "has “nothing” in its name"),
        ({"q": "\0"}, ">mail</a>"),
        ({"after": "shop"}, "There are no apps after “shop”."),
        ({}, ">mail</a>"),
    ],
)
def test_other_questions_get_a_sentence(
    signed_in: Client, asked: dict[str, str], sentence: str
) -> None:
    assertContains(signed_in.get(PAGE, asked), sentence)


def test_apps_are_found_by_name_at_the_same_moment(signed_in: Client) -> None:
    page = signed_in.get(PAGE, {"time": "2026-05-03T13:10", "q": "SHO"})

    assertRedirects(page, f"{PAGE}?time=2026-05-03T13:10:00Z&q=SHO")
    found = signed_in.get(page.headers["Location"])
    assertContains(found, ">shop</a>")
    assertNotContains(found, ">blog</a>")


def test_many_apps_come_in_pages_that_take_the_same_few_statements(
    signed_in: Client, user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with travel(START, tick=False):
        for number in range(ROWS):
            make_app(f"many-{number:02}", owner=user)
    moment = "time=2026-05-03T12:30:00Z"

    # Session, user, who one is, the apps with what they ran, those releases.
    with django_assert_num_queries(5):
        page = signed_in.get(f"{PAGE}?{moment}")

    assertContains(page, ">many-48</a>")
    assertNotContains(page, ">many-49</a>")
    rest = signed_in.get(f"{PAGE}?{moment}&after=many-48")
    assertContains(page, f'href="?{moment}&amp;after=many-48"')
    assertContains(rest, ">many-49</a>")
    assertContains(rest, ">shop</a>")
    assertNotContains(rest, "More apps")


def test_the_activity_around_a_moment_leads_there_and_back(signed_in: Client) -> None:
    activity = signed_in.get("/activity/?around=2026-05-03T13:10:00Z")
    assertContains(activity, f'href="{PAGE}?time=2026-05-03T13:10:00Z"')
    page = signed_in.get(f"{PAGE}?time=2026-05-03T13:10:00Z")
    assertContains(page, 'href="/activity/?around=2026-05-03T13:10:00Z"')


def test_others_see_their_own_apps_alone() -> None:
    page = stranger().get(PAGE, {"time": "2026-05-03T13:10:00Z"})

    assertContains(page, "None of the apps you can see was there yet.")
