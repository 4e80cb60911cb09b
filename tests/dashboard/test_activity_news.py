"""An Activity page that stays open is told what came since; nothing on it moves by itself."""

import re
from html import unescape

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from releases.models import App, User
from releases.operations.roll_back import roll_back
from tests.dashboard.clients import HTMX, member, stranger
from tests.factories import acting, make_app, make_config

pytestmark = pytest.mark.django_db
PAGES = pytest.mark.parametrize("page", ["/activity/", "/apps/shop/activity/"])


def asks(html: str) -> str:
    """Return the address at which a page, or a piece of one, asks what is new."""
    [address] = re.findall(r'id="news"[^>]* hx-get="([^"]+)"', html)
    return unescape(address)


def shows(html: str) -> str:
    [address] = re.findall(r'hx-get="([^"]+)" hx-target="#log"', html)
    return unescape(address)


@PAGES
def test_what_came_is_told_once_and_shown_when_asked_for(
    signed_in: Client, app: App, user: User, page: str
) -> None:
    ask = asks(signed_in.get(page).content.decode())
    assert signed_in.get(ask, headers=HTMX).status_code == 204

    release = roll_back(app=app, to=3, actor=acting(user))
    told = signed_in.get(ask, headers=HTMX)
    assertContains(told, "1 new entry: Rollback to v3, by ada@example.com")
    again = asks(told.content.decode())
    assert signed_in.get(again, headers=HTMX).status_code == 204
    make_config(app, COLOR="red")
    told = signed_in.get(again, headers=HTMX)
    assertContains(told, "2 new entries: ")

    shown = signed_in.get(shows(told.content.decode()), headers=HTMX)
    assert shown.content.decode().count(" data-new") == 2
    assertContains(shown, f">v{release.version}</a>")
    assert asks(shown.content.decode()) != ask


def test_what_runs_now_is_told_along(signed_in: Client, app: App, user: User) -> None:
    ask = asks(signed_in.get("/apps/shop/activity/").content.decode())

    release = roll_back(app=app, to=3, actor=acting(user))

    told = signed_in.get(ask, headers=HTMX)
    assertContains(told, 'id="now"')
    assertContains(told, f">v{release.version}</a>")


def test_filters_hold_for_what_is_new_too(
    signed_in: Client, app: App, user: User
) -> None:
    page = signed_in.get("/apps/shop/activity/?kind=config&who=bob%40example.com")
    ask = asks(page.content.decode())

    roll_back(app=app, to=3, actor=acting(user))

    assert signed_in.get(ask, headers=HTMX).status_code == 204


def test_an_older_page_asks_for_nothing(signed_in: Client, app: App) -> None:
    assertNotContains(
        signed_in.get("/apps/shop/activity/?before=99999999"), 'id="news"'
    )


def test_an_empty_timeline_tells_of_the_first_thing(
    signed_in: Client, user: User
) -> None:
    ask = asks(signed_in.get("/activity/").content.decode())

    make_app("fresh", owner=user)

    assertContains(signed_in.get(ask, headers=HTMX), "1 new entry: Initial release")


def test_nobody_is_told_of_what_they_may_not_see(app: App) -> None:
    ask = "/apps/shop/activity/news/?after=0"

    assert stranger().get(ask, headers=HTMX).status_code == 404
    assert stranger().get("/activity/news/?after=0", headers=HTMX).status_code == 204
    assert member(app, "view").get(ask, headers=HTMX).status_code == 200


def test_typed_as_an_address_it_leads_to_the_page(signed_in: Client, app: App) -> None:
    ask = "/apps/shop/activity/news/?kind=deploy&after=3"

    assertRedirects(signed_in.get(ask), "/apps/shop/activity/?kind=deploy")


def test_asking_in_vain_takes_few_statements(
    signed_in: Client, app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ask = asks(signed_in.get("/activity/").content.decode())

    with django_assert_num_queries(4):
        signed_in.get(ask, headers=HTMX)


def test_around_a_time_is_what_happened_to_all_apps_then(
    signed_in: Client, app: App, user: User
) -> None:
    make_config(make_app("blog", owner=user), COLOR="blue")
    page = signed_in.get("/apps/shop/activity/").content.decode()
    [around, *_] = re.findall(r'href="(/activity/\?around=[^"]+)"', page)

    found = signed_in.get(around.partition("#")[0])
    assertContains(found, "the quarter of an hour before and after")
    assertContains(found, ">blog</a>")
    assertContains(found, f'id="{around.partition("#")[2]}"')
    # Narrowing it further stays at that time.
    assertContains(found, '<input type="hidden" name="around"')

    long_ago = signed_in.get("/activity/?around=2001-02-03T04:05:06Z")
    assertContains(long_ago, "Nothing that was recorded matches")


@pytest.mark.parametrize("time", ["soon", "0001-01-01T00:00:00Z", "9999-12-31T23:59Z"])
def test_what_is_no_time_narrows_nothing(
    signed_in: Client, app: App, time: str
) -> None:
    assertContains(
        signed_in.get("/activity/", {"around": time}), "Everything that happened"
    )


def test_around_a_time_that_comes_twice_is_around_the_first(
    signed_in: Client, app: App
) -> None:
    signed_in.cookies["zone"] = "Europe/Berlin"

    page = signed_in.get("/activity/", {"around": "2025-10-26T02:30"})

    assertContains(page, "26 October 2025, 02:30:00 CEST")
