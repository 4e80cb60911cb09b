"""What apps are told of a request, and visitors of who answered: as Heroku's router does."""

import json
from collections.abc import Mapping
from ipaddress import ip_network
from uuid import UUID

import pytest
from pytest_django.fixtures import Settings

from runtime.local.router import Router
from tests.runtime.routers import App, RunningCaddy
from tests.runtime.upstreams import upstream

pytestmark = pytest.mark.machine

FORGED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Host": "bank.example.com",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Prefix": "/admin",
    "Forwarded": "for=203.0.113.9",
}


def seen_by_the_app(
    caddy: RunningCaddy, app: App, headers: Mapping[str, str]
) -> dict[str, str]:
    with upstream("here") as server:
        Router().route([app.route((server.port, 1))])
        found = json.loads(caddy.ask(app.host, "/headers", headers=headers).body)
    return {name.title(): text for name, text in found}


def test_an_app_knows_who_asked_and_how_and_when(
    caddy: RunningCaddy, settings: Settings
) -> None:
    app = App()

    headers = seen_by_the_app(caddy, app, {})

    assert headers["Host"] == app.host
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert headers["X-Forwarded-Proto"] == "http"
    assert headers["X-Forwarded-Port"] == str(settings.ROUTER_PORT)
    assert headers["Via"] == "1.1 rollbook"
    assert str(UUID(headers["X-Request-Id"])) == headers["X-Request-Id"]
    assert headers["X-Request-Start"].isdigit()
    # Nothing that the visitor did not send.
    assert headers["Accept-Encoding"] == "identity"


def test_what_a_visitor_says_of_where_it_comes_from_is_not_believed(
    caddy: RunningCaddy,
) -> None:
    app = App()

    headers = seen_by_the_app(caddy, app, FORGED)

    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert headers["X-Forwarded-Host"] == app.host
    assert headers["X-Forwarded-Proto"] == "http"
    assert headers["X-Forwarded-Port"] != "443"
    assert headers.keys().isdisjoint({"X-Forwarded-Prefix", "Forwarded"})


def test_a_trusted_proxy_is_believed(caddy: RunningCaddy, settings: Settings) -> None:
    settings.ROLLBOOK_TRUSTED_PROXIES = [ip_network("127.0.0.0/8")]

    headers = seen_by_the_app(caddy, App(), FORGED)

    assert headers["X-Forwarded-For"] == "203.0.113.9, 127.0.0.1"
    assert headers["X-Forwarded-Host"] == "bank.example.com"
    assert headers["X-Forwarded-Proto"] == "https"
    assert headers["X-Forwarded-Port"] == "443"


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        ("0123456789-abcdefghi", True),
        ("+/=-" * 50, True),
        ("short", False),
        ("x" * 201, False),
        ("spaces are not allowed", False),
    ],
)
def test_a_request_keeps_the_id_it_came_with_if_that_is_a_sane_one(
    caddy: RunningCaddy, given: str, *, is_kept: bool
) -> None:
    app = App()

    with upstream("here") as server:
        Router().route([app.route((server.port, 1))])
        answer = caddy.ask(app.host, "/headers", headers={"X-Request-Id": given})
        page = caddy.ask("nobody.localhost", headers={"X-Request-Id": given})
    told = dict(json.loads(answer.body))["X-Request-Id"]

    assert (told == given) is is_kept
    assert answer.headers["X-Request-Id"] == told
    assert (page.headers["X-Request-Id"] == given) is is_kept


def test_no_answer_tells_of_caddy_and_an_app_may_name_its_server(
    caddy: RunningCaddy,
) -> None:
    app = App()

    with upstream("here") as server:
        Router().route([app.route((server.port, 1))])
        answers = [caddy.ask(app.host), caddy.ask("nobody.localhost")]

    assert answers[0].headers["Server"] == "upstream"
    assert answers[0].headers["Via"] == "1.1 rollbook"
    assert [
        answer for answer in answers if "caddy" in str(answer.headers).lower()
    ] == []


def test_a_large_body_goes_through(caddy: RunningCaddy) -> None:
    app, size = App(), 20 * 2**20

    with upstream("here") as server:
        Router().route([app.route((server.port, 1))])
        answer = caddy.ask(app.host, method="POST", body=bytes(size))

    assert answer.body == f"here got {size}"
