"""How a browser shows pages: the theme, and whose time it is, of its own choice."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects
from time_machine import travel

from dashboard.times import moment
from tests.factories import make_app, make_config, make_user
from tests.signing_in import sign_in

URL = "/account/display/"
HONOLULU = "Pacific/Honolulu"


def choose(client: Client, theme: str = "", zone: str = "") -> None:
    answer = client.post(URL, {"theme": theme, "zone": zone})
    assertRedirects(answer, URL)


pytestmark = pytest.mark.django_db


def test_the_admin_has_the_theme_that_was_chosen_and_no_choice_of_its_own(
    client: Client,
) -> None:
    sign_in(client, make_user(superuser=True))
    unasked = client.get("/admin/")
    choose(client, theme="dark")
    dark = client.get("/admin/")

    assertContains(unasked, '<meta name="color-scheme" content="light dark">')
    assertContains(dark, '<meta name="color-scheme" content="dark">')
    assertContains(dark, f'<a href="{URL}">')
    assertNotContains(dark, "theme.js")
    assertNotContains(dark, "theme-toggle")


def test_times_and_days_are_those_of_the_zone_that_was_chosen(
    signed_in: Client,
) -> None:
    with travel(datetime(2026, 5, 3, 6, 30, tzinfo=UTC), tick=False):
        app = make_app("shop")
        make_config(app, COLOR="blue")
        signed_in.force_login(app.owner)
        here = signed_in.get("/apps/shop/activity/")
        choose(signed_in, zone=HONOLULU)
        there = signed_in.get("/apps/shop/activity/")

    assertContains(here, ">06:30</div>")
    assertContains(here, "Sunday 3 May 2026")
    assertContains(there, ">20:30</div>")
    assertContains(there, "Saturday 2 May 2026")
    assertContains(there, f"Times in {HONOLULU}")
    # For machines it is the same.
    assertContains(there, 'datetime="2026-05-03T06:30:00Z"')


def test_a_time_is_told_with_its_zone() -> None:
    when = datetime(2026, 7, 1, 23, 15, tzinfo=UTC)

    with timezone.override("Europe/Berlin"):
        assert moment(when, when).full == "2 July 2026, 01:15:00 CEST"
    assert moment(when, when).full == "1 July 2026, 23:15:00 UTC"


def test_a_days_filter_means_the_days_of_that_zone(signed_in: Client) -> None:
    with travel(datetime(2026, 5, 3, 6, 30, tzinfo=UTC), tick=False):
        app = make_app("shop")
        make_config(app, COLOR="blue")
        signed_in.force_login(app.owner)
        choose(signed_in, zone=HONOLULU)
        on_the_second = {"since": "2026-05-02", "until": "2026-05-02"}

        found = signed_in.get("/apps/shop/activity/", on_the_second)

    assertContains(found, 'id="v2"')


def test_a_theme_is_that_of_every_page_of_the_browser(signed_in: Client) -> None:
    choose(signed_in, theme="dark")
    assertContains(signed_in.get("/"), 'data-theme="dark"')

    choose(signed_in)
    assertNotContains(signed_in.get("/"), "data-theme")


@pytest.mark.parametrize("nonsense", ["../../etc/passwd", "Mars/Olympus", "a/b/c", "é"])
def test_what_is_no_zone_or_theme_is_the_default(
    signed_in: Client, nonsense: str
) -> None:
    choose(signed_in, theme=nonsense, zone=nonsense)
    assert not signed_in.cookies["zone"].value

    signed_in.cookies["zone"] = signed_in.cookies["theme"] = nonsense
    page = signed_in.get("/")
    assertContains(page, "Times in UTC")
    assertNotContains(page, "data-theme")
