"""Signing in by an OpenID Connect provider, a real one on this machine."""

import json
import warnings
from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from dashboard.machine.openid_connect import openid_connect
from releases.actors import Actor
from releases.models import Activity, App, User
from releases.operations.deactivate_user import deactivate_user
from tests.authenticator import make_two_factor
from tests.factories import PASSWORD

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

# What it counts on calls itself old.
with warnings.catch_warnings(record=True):
    from oidc_provider_mock import run_server_in_thread

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("nobody_tried_before"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
LOGIN = "/account/login/"
CLIENT = {"client_id": "rollbook", "client_secret": "s3cret", "name": "Example ID"}
THERE, BACK = f"{LOGIN}oidc/", f"{LOGIN}oidc/done/"


class _Staying(HTTPRedirectHandler):
    """Follows no redirect: where it leads is the answer."""

    def redirect_request(self, *_: object) -> None:
        return None


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def provider(issuer: str, settings: Settings) -> str:
    """A provider that Rollbook is set up for."""
    settings.OIDC_NAME = "Example ID"
    settings.SOCIALACCOUNT_PROVIDERS = openid_connect(**CLIENT, issuer=issuer)
    return issuer


def person(provider: str, sub: str, **claims: object) -> str:
    """Let the provider know somebody, and what it says of them."""
    request = Request(  # noqa: S310  # an address of our own
        f"{provider}/users/{quote(sub)}",
        method="PUT",
        data=json.dumps(claims).encode(),
        headers={"Content-Type": "application/json"},
    )
    with build_opener().open(request) as answer:
        assert answer.status == 204
    return sub


def allow(there: "Response", sub: str) -> str:
    """Say yes at the provider, as `sub`, and return where it leads back to."""
    data = urlencode({"sub": sub}).encode()
    request = Request(there.headers["Location"], data=data)  # noqa: S310  # as above
    try:
        build_opener(_Staying).open(request)
    except OSError as redirected:
        back = urlsplit(getattr(redirected, "headers")["Location"])  # noqa: B009
        return f"{back.path}?{back.query}"
    raise AssertionError("The provider led nowhere.")


def sign_in_as(client: Client, sub: str, after: str = "") -> "Response":
    there = client.get(THERE, {"next": after} if after else {})
    return client.get(allow(there, sub), follow=True)


def is_in(client: Client) -> bool:
    return client.get("/").status_code == HTTPStatus.OK


ADA = {"email": "Ada@example.com", "email_verified": True}


def test_who_has_an_account_gets_in(client: Client, user: User, provider: str) -> None:
    assertContains(client.get(LOGIN), ">Example ID</a>")

    page = sign_in_as(client, person(provider, "sub-of-ada", **ADA), "/activity/")

    assertRedirects(page, "/activity/")
    assertContains(page, "ada@example.com")
    [activity] = Activity.objects.filter(kind=Activity.Kind.USER_SIGNED_IN)
    assert activity.actor == user
    # allauth would take the password away from who comes by an e-mail.
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_it_asks_the_provider_for_no_more_than_the_e_mail(
    client: Client, provider: str
) -> None:
    there = client.get(THERE).headers["Location"]

    asked = parse_qs(urlsplit(there).query)
    assert there.startswith(provider)
    assert sorted(asked["scope"][0].split()) == ["email", "openid"]
    assert asked["redirect_uri"] == [f"http://testserver{BACK}"]
    assert asked["code_challenge_method"] == ["S256"]


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        (
            {"email": "nobody@example.com", "email_verified": True},
            "no account here for",
        ),
        (
            {"email": "system@rollbook.invalid", "email_verified": True},
            "no account here",
        ),
        ({"email": "ada@example.com"}, "has not verified an e-mail"),
        ({"email": "ada@example.com", "email_verified": False}, "has not verified"),
        ({"email": "ada@example.com", "email_verified": "false"}, "has not verified"),
        ({}, "has not verified an e-mail of yours"),
    ],
)
def test_nobody_else_does_and_no_account_is_made(
    client: Client,
    user: User,
    provider: str,
    claims: dict[str, object],
    sentence: str,
) -> None:
    before = User.objects.count()

    page = sign_in_as(client, person(provider, "sub-of-somebody", **claims))

    assertRedirects(page, LOGIN)
    assertContains(page, sentence)
    assert not is_in(client)
    assert User.objects.count() == before


def test_two_factor_is_asked_for_all_the_same(
    client: Client, user: User, provider: str
) -> None:
    phone = make_two_factor(user)

    page = sign_in_as(client, person(provider, "ada", **ADA))

    assertRedirects(page, f"{LOGIN}code/")
    assert not is_in(client)
    client.post(f"{LOGIN}code/", {"code": phone.recovery_codes[0]})
    assert is_in(client)


def test_who_is_deactivated_does_not_get_in(
    client: Client, user: User, provider: str
) -> None:
    sub = person(provider, "ada", **ADA)
    sign_in_as(client, sub)

    deactivate_user(user=user, actor=Actor.system())

    assert not is_in(client)
    assertContains(sign_in_as(client, sub), "This account is deactivated.")
    assert not is_in(client)


def test_it_is_no_proof_before_a_secret(
    client: Client, app: App, provider: str
) -> None:
    sign_in_as(client, person(provider, "ada", **ADA))

    page = client.post("/apps/shop/releases/v3/config/COLOR/")

    assert page.headers["Location"].startswith("/account/confirm/")


@pytest.mark.parametrize("after", ["https://evil.example/", "//evil.example/"])
def test_it_leads_nowhere_else(
    client: Client, user: User, provider: str, after: str
) -> None:
    assertRedirects(sign_in_as(client, person(provider, "ada", **ADA), after), "/")


def test_an_answer_nobody_asked_for_is_none(
    client: Client, user: User, provider: str
) -> None:
    sub = person(provider, "ada", **ADA)
    back = allow(client.get(THERE), sub)

    elsewhere = Client().get(back, follow=True)
    once, twice = client.get(back), client.get(back, follow=True)

    assertContains(elsewhere, "Signing in by Example ID did not work.")
    assertRedirects(once, "/")
    assert twice.status_code == HTTPStatus.OK


@pytest.mark.parametrize("query", ["", "?error=access_denied", "?code=x&state=y"])
def test_what_comes_back_wrong_is_said(
    client: Client, provider: str, query: str
) -> None:
    page = client.get(BACK + query, follow=True)

    assertRedirects(page, LOGIN)
    assertContains(page, "Signing in by Example ID did not work.")


def test_a_provider_that_does_not_answer_is_told_of(
    client: Client, provider: str, settings: Settings
) -> None:
    [app] = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    app["settings"]["server_url"] = "http://127.0.0.1:9"

    page = client.get(THERE, follow=True)

    assertContains(page, "Signing in by Example ID did not work.")
    assertNotContains(page, "127.0.0.1")


def test_where_none_is_set_up_there_is_no_door(client: Client) -> None:
    assertNotContains(client.get(LOGIN), THERE)
    assert client.get(THERE).status_code == HTTPStatus.NOT_FOUND
    assert client.get(BACK).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    "url", ["https://id.example.com/realm", "http://localhost:9400"]
)
def test_a_provider_is_named_by_its_address(url: str) -> None:
    found = openid_connect(**CLIENT, issuer=f"{url}/")

    [app] = found["openid_connect"]["APPS"]
    assert app["settings"] == {"server_url": url}
    assert openid_connect(**CLIENT, issuer="") == {}


@pytest.mark.parametrize(
    "url", ["id.example.com", "http://id.example.com", "https://", "ftp://localhost"]
)
def test_one_that_could_be_listened_to_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="must be an https address"):
        openid_connect(**CLIENT, issuer=url)


@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
def test_half_of_it_is_refused(missing: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="needs ROLLBOOK_OIDC_CLIENT_ID"):
        openid_connect(**CLIENT | {missing: ""}, issuer="https://id.example.com")
