"""What is answered where no view answers: pages in the same look, whatever is broken."""

from urllib.parse import urlencode

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django.asserts import assertContains

from dashboard.views.failures import server_error
from tests.factories import make_user


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
