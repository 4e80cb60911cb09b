"""What every address has in common: who gets in, and what the answer says about itself."""

import re
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import get_resolver, reverse
from pytest_django import Settings
from pytest_django.asserts import (
    assertContains,
    assertRedirects,
    assertTemplateNotUsed,
    assertTemplateUsed,
)

from dashboard.machine.addresses import networks
from dashboard.middleware import trusted_proxies
from tests.factories import make_user

SIGN_IN = "/account/login/"
OPEN_TO_ALL = {
    "account_login",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "healthz",
    "openid_connect_callback",
    "openid_connect_login",
    "signed",
}
# What ends or goes on there was never begun.
NOTHING_BEGUN = {"account_logout", "mfa_authenticate", "mfa_login_webauthn"}
ARGUMENTS = {
    "app_name": "shop",
    "version": 1,
    "name": "KEY",
    "versions": "v1...v2",
    "signature": "x",
    "provider_id": "oidc",
    "uidb36": "x",
    "key": "x",
    "passkey_id": 1,
    "session_id": 1,
    "token_id": "6b1a3d1e-0000-4000-8000-000000000000",
}


def pages() -> Iterator[tuple[str, str]]:
    """Return the name and an address of every page there is, but for the admin's."""
    for name, patterns in get_resolver().reverse_dict.lists():
        if isinstance(name, str):
            [(_, arguments)] = patterns[0][0][:1]
            given = {argument: ARGUMENTS[argument] for argument in arguments}
            yield name, reverse(name, kwargs=given)


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "url"), sorted(pages()))
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_is_asked_to_sign_in_at_every_door(
    client: Client, name: str, url: str, method: str
) -> None:
    page = getattr(client, method)(url)

    if name in NOTHING_BEGUN:
        assertRedirects(page, SIGN_IN)
    elif name in OPEN_TO_ALL:
        assert page.status_code in {HTTPStatus.OK, 404, 405}
    else:
        assertRedirects(page, f"{SIGN_IN}?next={url}", fetch_redirect_response=False)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_fragment_says_that_one_is_signed_out_and_leaves_the_page_as_it_is(
    client: Client, method: str
) -> None:
    headers = {
        "HX-Request": "true",
        "HX-Current-URL": "http://testserver/apps/shop/activity/?kind=config",
    }

    url = "/apps/shop/releases/v1/rollback/"
    page = getattr(client, method)(url, headers=headers)

    assertContains(page, "You are signed out", status_code=HTTPStatus.UNAUTHORIZED)
    assertContains(page, f'href="{SIGN_IN}?next=/apps/shop/activity/"', status_code=401)
    assertTemplateNotUsed(page, "base.html")
    assert "HX-Redirect" not in page.headers
    assert page.headers["HX-Retarget"] == "#told"


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["/admin/", "/admin/releases/app/", "/admin/login/"])
def test_the_admin_has_no_door_of_its_own(client: Client, url: str) -> None:
    page = client.get(url, follow=True)

    assertTemplateUsed(page, "account/login.html")
    client.force_login(make_user())
    page = client.get(url, follow=True)
    assertContains(page, "The admin is for superusers.", status_code=403)


@pytest.mark.django_db
def test_the_policy_allows_nothing_inline(client: Client) -> None:
    policy = client.get(SIGN_IN).headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "data:" not in policy


def test_the_health_page_is_asked_by_reading_only(client: Client) -> None:
    assert client.post("/healthz").status_code == 405


@pytest.mark.parametrize(
    ("sender", "forwarded", "client_address"),
    [
        ("198.51.100.9", "192.0.2.1", "198.51.100.9"),
        ("10.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", "6.6.6.6, 192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", "6.6.6.6, 192.0.2.1, 10.0.0.2", "192.0.2.1"),
        ("10.0.0.1", "::ffff:192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", "not an address", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("", "192.0.2.1", ""),
    ],
)
def test_only_a_trusted_proxy_says_who_the_client_is(
    settings: Settings, sender: str, forwarded: str, client_address: str
) -> None:
    settings.ROLLBOOK_TRUSTED_PROXIES = networks(["10.0.0.0/8"], setting="")
    request = RequestFactory().get("/", REMOTE_ADDR=sender)
    request.META["HTTP_X_FORWARDED_FOR"] = forwarded

    seen = passed_on(request)

    assert seen.META["REMOTE_ADDR"] == client_address
    assert "HTTP_X_FORWARDED_FOR" not in seen.META


@pytest.mark.parametrize(
    ("sender", "scheme"), [("10.0.0.1", "https"), ("10.1.0.1", "http")]
)
def test_only_a_trusted_proxy_says_that_it_was_https(
    settings: Settings, sender: str, scheme: str
) -> None:
    settings.ROLLBOOK_TRUSTED_PROXIES = networks(["10.0.0.1"], setting="")
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    request = RequestFactory().get("/", REMOTE_ADDR=sender)
    request.META["HTTP_X_FORWARDED_PROTO"] = "https"

    assert passed_on(request).scheme == scheme


def passed_on(request: HttpRequest) -> HttpRequest:
    seen = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    trusted_proxies(answer)(request)
    return seen[0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "page",
    [
        "admin:index",
        "admin:releases_release_changelist",
        "admin:releases_app_changelist",
    ],
)
def test_the_admin_needs_nothing_that_the_policy_forbids(
    client: Client, page: str
) -> None:
    client.force_login(make_user(superuser=True))

    html = client.get(reverse(page)).content.decode()

    assert "Rollbook" in html
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|src=.?data:", html)
    assert not re.search(r"<script(?![^>]* src=)(?![^>]*application/json)", html)
