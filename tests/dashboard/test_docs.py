import pytest
from django.test import Client
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains

from dashboard.machine.addresses import networks
from releases.models import User
from tests.releases.api.clients import ACCEPT, api_for

pytestmark = pytest.mark.django_db


def test_on_localhost_the_lines_name_this_address(
    signed_in: Client, settings: Settings
) -> None:
    settings.ROLLBOOK_URL = "http://localhost:8123"

    page = signed_in.get("/docs/cli/")

    assertContains(page, "export HEROKU_HOST=http://localhost:8123")
    assertContains(page, "ssh -L 8123:localhost:8123 user@server")
    assertNotContains(page, "HEROKU_HEADERS")


def test_elsewhere_a_tunnel_leads_to_where_it_listens(
    signed_in: Client, settings: Settings
) -> None:
    settings.ROLLBOOK_URL = "https://rollbook.example.com"
    settings.PORT = 8123

    page = signed_in.get("/docs/cli/")

    assertContains(page, "ssh -L 8000:localhost:8123 user@rollbook.example.com")
    assertContains(page, "export HEROKU_HOST=http://localhost:8000")
    assertContains(page, "export HEROKU_HEADERS=")


def test_what_comes_through_the_tunnel_to_an_https_server_says_so(
    user: User, settings: Settings
) -> None:
    """The redirect to https would lead away from localhost, and lose the token."""
    token = api_for(user).token
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.ROLLBOOK_TRUSTED_PROXIES = networks(["127.0.0.0/8"], setting="")
    headers = {"Accept": ACCEPT, "Authorization": f"Bearer {token}"}

    plain = Client().get("/apps", headers=headers)
    told = Client().get("/apps", headers=headers | {"X-Forwarded-Proto": "https"})

    assert (plain.status_code, told.status_code) == (301, 200)


def test_the_api_page_names_this_address(signed_in: Client, settings: Settings) -> None:
    page = signed_in.get("/docs/api/")

    assertContains(page, f'"{settings.ROLLBOOK_URL}$@"')
    assertContains(page, "/apps/shop/ledger-head")
