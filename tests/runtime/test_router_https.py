"""Domains that apps have of their own, with certificates or without."""

import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from runtime.local.caddy_config import configuration
from runtime.local.caddy_routes import Site
from runtime.local.router import Router
from tests.machine.processes import wait_until
from tests.runtime.routers import PATIENCE, App, RunningCaddy, running_caddy
from tests.runtime.upstreams import upstream

pytestmark = pytest.mark.machine

DOMAIN = "shop.example.com"


@pytest.fixture
def secure(settings: Settings, router_home: Path) -> Iterator[RunningCaddy]:
    """A Caddy that certifies domains itself, as for a private network."""
    settings.APP_DOMAINS = {DOMAIN: "shop"}
    settings.ROUTER_HTTPS_PORT = 8443
    settings.ROUTER_ACME_CA = "internal"
    with running_caddy(secure=True) as running:
        yield running


class HTTPSConnection(HTTPConnection):
    """Asks the secure socket for a domain, and believes the router's own authority only."""

    def __init__(self, caddy: RunningCaddy) -> None:
        super().__init__(DOMAIN, timeout=PATIENCE)
        self.address = caddy.sockets[1].getsockname()
        self.root = caddy.plan.cwd / "store/pki/authorities/local/root.crt"

    def connect(self) -> None:
        trust = ssl.create_default_context(cafile=self.root)
        self.sock = socket.create_connection(self.address, self.timeout)
        self.sock = trust.wrap_socket(self.sock, server_hostname=self.host)


def is_certified(caddy: RunningCaddy) -> bool:
    """Whether the domain has its certificate, which is made as soon as it is known."""
    connection = HTTPSConnection(caddy)
    try:
        connection.connect()
    except (ssl.SSLError, FileNotFoundError):
        return False
    finally:
        connection.close()
    return True


def test_an_own_domain_is_served_by_https_and_redirected_to_it(
    secure: RunningCaddy,
) -> None:
    app = App()
    with upstream("shop") as server:
        Router().route([app.route((server.port, 1), hosts=[app.host, DOMAIN])])
        wait_until(lambda: is_certified(secure))
        connection = HTTPSConnection(secure)
        connection.request("GET", "/")
        encrypted = connection.getresponse().read()
        connection.request("GET", "/headers")
        headers = connection.getresponse().read().decode()
        connection.close()
        redirected = secure.ask(DOMAIN, "/path?page=2")
        plain = secure.ask(app.host)

    assert encrypted == b"shop"
    assert '["X-Forwarded-Proto", "https"], ' in headers
    assert '["X-Forwarded-Port", "8443"]' in headers
    assert redirected.status == 308
    assert redirected.headers["Location"] == f"https://{DOMAIN}:8443/path?page=2"
    # The name that Rollbook gives it is not certified, and goes on as it was.
    assert (plain.status, plain.body) == (200, "shop")


def test_without_a_port_for_https_an_own_domain_is_served_as_the_other_name(
    caddy: RunningCaddy, settings: Settings
) -> None:
    settings.APP_DOMAINS = {DOMAIN: "shop"}
    app = App()

    with upstream("shop") as server:
        Router().route([app.route((server.port, 1), hosts=[app.host, DOMAIN])])
        answers = [caddy.ask(host).body for host in (app.host, DOMAIN)]

    assert answers == ["shop", "shop"]


@pytest.mark.parametrize(
    ("authority", "email", "issuer"),
    [
        ("", "", {"module": "acme"}),
        ("", "ops@example.com", {"module": "acme", "email": "ops@example.com"}),
        (
            "https://ca.internal/acme",
            "",
            {"module": "acme", "ca": "https://ca.internal/acme"},
        ),
        ("internal", "ops@example.com", {"module": "internal"}),
    ],
)
def test_the_settings_say_who_certifies(
    settings: Settings, authority: str, email: str, issuer: dict[str, str]
) -> None:
    settings.ROUTER_HTTPS_PORT = 443
    settings.ROUTER_ACME_CA, settings.ROUTER_ACME_EMAIL = authority, email

    apps = configuration([Site("id", ("app.localhost", DOMAIN), 8)])["apps"]

    assert isinstance(apps, dict)
    assert apps["tls"] == {"automation": {"policies": [{"issuers": [issuer]}]}}
    # Nothing is added to what this machine trusts.
    assert apps["pki"]["certificate_authorities"]["local"]["install_trust"] is False
