from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from releases.models import Activity, App, User
from releases.operations.erase_value import erase_value
from tests.dashboard.clients import HTMX, member, stranger
from tests.factories import acting

pytestmark = pytest.mark.django_db
URL = "/apps/shop/releases/v3/config/COLOR/"
RELEASE = "/apps/shop/releases/v3/"


def revealed(app: App) -> int:
    return app.activities.filter(kind=Activity.Kind.VALUES_REVEALED).count()


def test_revealing_shows_one_value_and_is_recorded(
    signed_in: Client, app: App, user: User
) -> None:
    page = signed_in.post(URL)

    assertContains(page, "s3cret-red")
    assertContains(page, "<html")
    activity = app.activities.get(kind=Activity.Kind.VALUES_REVEALED)
    assert activity.actor == user
    assert activity.detail == {"keys": ["COLOR"]}
    assert "s3cret" not in activity.summary


def test_htmx_gets_the_one_value(signed_in: Client, app: App) -> None:
    page = signed_in.post(URL, headers=HTMX)

    assertContains(page, "s3cret-red")
    assertContains(page, '<div id="value-v3-COLOR"')
    assertNotContains(page, "<html")


def test_what_shows_a_value_is_stored_nowhere(signed_in: Client, app: App) -> None:
    for headers in ({}, HTMX):
        page = signed_in.post(URL, headers=headers)
        assert "no-store" in page.headers["Cache-Control"]


def test_hiding_masks_it_again(signed_in: Client, app: App) -> None:
    signed_in.post(URL)

    assertNotContains(signed_in.get(URL, headers=HTMX), "s3cret")
    assertRedirects(signed_in.get(URL), RELEASE)
    assertNotContains(signed_in.get(RELEASE), "s3cret")
    assert revealed(app) == 1


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
@pytest.mark.parametrize("permission", ["view", "rollback", "manage"])
def test_who_may_not_see_values_is_refused(
    app: App, permission: str, headers: dict[str, str]
) -> None:
    page = member(app, permission).post(URL, headers=headers)

    assertContains(
        page,
        "may not see or change the config values",
        status_code=HTTPStatus.FORBIDDEN,
    )
    assertNotContains(page, "s3cret", status_code=HTTPStatus.FORBIDDEN)
    assert revealed(app) == 0


def test_for_a_stranger_there_is_nothing(app: App) -> None:
    page = stranger().post(URL)

    assertContains(
        page, "There is no app called shop that you may see.", status_code=404
    )


@pytest.mark.parametrize("name", ["MISSING", "SIZE", "%3Cscript%3E"])
def test_a_key_that_the_release_does_not_have_is_not_found(
    signed_in: Client, app: App, name: str
) -> None:
    page = signed_in.post(f"/apps/shop/releases/v3/config/{name}/")

    assertContains(page, "no config var", status_code=HTTPStatus.NOT_FOUND)
    assertNotContains(page, "<script>", status_code=HTTPStatus.NOT_FOUND)
    assert signed_in.get(f"{RELEASE}config/{name}/", headers=HTMX).status_code == 404


def test_an_erased_value_says_so_in_its_place(
    signed_in: Client, app: App, user: User
) -> None:
    v3 = app.releases.get(version=3)
    erase_value(release=v3, name="COLOR", actor=acting(user))

    page = signed_in.post(URL, headers=HTMX)

    assertContains(page, "erased")
    assert revealed(app) == 0
