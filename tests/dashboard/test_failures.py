"""What is answered where no view answers: pages in the same look, whatever is broken."""

import re
from urllib.parse import urlencode

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from dashboard.views.failures import server_error
from releases.operations.destroy_app import destroy_app
from tests.dashboard.clients import HTMX
from tests.factories import acting, make_app, make_user


def failed(failure: Exception) -> str:
    """Return the page that is answered for a failure, as Django asks for it."""
    try:
        raise failure
    except type(failure):
        response = server_error(RequestFactory().get("/"))
    assertContains(response, "All apps", status_code=response.status_code)
    return f"{response.status_code} {response.headers.get('Retry-After', '')}".strip()


def test_a_database_that_is_away_is_told_from_a_failure_of_ours() -> None:
    assert failed(OperationalError("the connection is closed")) == "503 10"
    assert failed(ValueError("our own")) == "500"


def test_what_cannot_be_read_is_a_page_too(client: Client) -> None:
    answer = client.get(reverse("account_login"), headers={"host": "evil.example.com"})

    assertContains(answer, "The request could not be read", status_code=400)


def test_a_page_that_needs_no_database_has_the_theme_that_was_chosen() -> None:
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = "dark"

    assertContains(server_error(request), 'data-theme="dark"', status_code=500)


@pytest.mark.django_db
def test_what_an_app_has_not_leads_back_to_the_app(client: Client) -> None:
    app = make_app("shop")
    client.force_login(app.owner)

    for path in ("/apps/shop/releases/v99/", "/apps/shop/config/NOTHING/"):
        page = client.get(path)
        assertContains(page, 'href="/apps/shop/activity/">Activity of', status_code=404)
        assertNotContains(page, "your access to it", status_code=404)


@pytest.mark.django_db
def test_an_app_of_others_is_told_from_one_that_never_was_by_nobody(
    client: Client,
) -> None:
    make_app("shop")
    gone = make_app("gone")
    destroy_app(app=gone, confirm="gone", actor=acting(gone.owner))
    client.force_login(make_user())

    told = {
        re.sub(rf'value="[^"]+"|{name}', "", client.get(f"/apps/{name}/").text)
        for name in ("none", "shop", "gone")
    }

    [page] = told
    assert "or your access to it taken" in page


@pytest.mark.django_db
def test_who_lost_an_app_is_told_beside_the_page_of_it_that_is_open(
    client: Client,
) -> None:
    make_app("shop")
    gone = make_app("gone")
    destroy_app(app=gone, confirm="gone", actor=acting(gone.owner))
    client.force_login(make_user())

    told = []
    for name in ("none", "shop", "gone"):
        page = client.get(f"/apps/{name}/logs/", headers=HTMX)
        assert page.status_code == 404
        assert page.headers["HX-Retarget"] == "#told"
        told.append(page.text.replace(name, "NAME"))

    assert "There is no app called NAME that you may see. It may have been" in told[0]
    assert told == [told[0]] * 3


@pytest.mark.django_db
def test_who_sees_all_apps_is_told_of_no_access(client: Client) -> None:
    client.force_login(make_user(superuser=True))

    page = client.get("/apps/none/logs/")

    assertContains(page, "There is no app called none. It may have", status_code=404)
    assertNotContains(page, "access to it", status_code=404)
    assertContains(page, "state=destroyed&amp;q=none", status_code=404)


@pytest.mark.django_db
def test_an_address_of_a_form_alone_says_so(client: Client) -> None:
    client.force_login(make_user())

    answer = client.get(reverse("session_end_others"))

    assertContains(answer, "Nothing is shown at this address", status_code=405)
    assert answer.headers["Allow"] == "POST"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed",
    [{"name": "x" * 3_000_000}, {f"field{n}": "" for n in range(4_000)}],
    ids=["too large", "too many fields"],
)
def test_what_is_too_much_for_a_form_says_so(
    client: Client, typed: dict[str, str]
) -> None:
    client.force_login(make_user())

    body = urlencode(typed)
    answer = client.post(
        reverse("app_create"), body, content_type="application/x-www-form-urlencoded"
    )

    assertContains(answer, "That is too much at once", status_code=413)
