"""What the router answers where no app does."""

import json

import pytest

from runtime.local import caddy_routes
from runtime.local.router import Router
from tests.ports import free_port
from tests.runtime.routers import App, RunningCaddy
from tests.runtime.upstreams import upstream

pytestmark = pytest.mark.machine

HOSTILE = '</p><script>alert(1)</script>{file./etc/hostname}{http.request.host}"\\'


def test_an_unknown_host_gets_a_page_that_says_so(caddy: RunningCaddy) -> None:
    Router().route([])

    answer = caddy.ask("nobody.localhost", "/any/where?at=all")

    assert answer.status == 404
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<h1>There is no app at this address</h1>" in answer.body


def test_an_app_of_which_nothing_runs_says_why(caddy: RunningCaddy) -> None:
    app, router = App(), Router()
    router.route([app.route(explanation="Nothing was deployed here yet.")])

    down = caddy.ask(app.host)
    with upstream("up") as server:
        router.route([app.route((server.port, 1))])
        up = caddy.ask(app.host)
    router.route([app.route(explanation="It is scaled to zero.")])
    down_again = caddy.ask(app.host)

    assert (down.status, up.status, down_again.status) == (503, 200, 503)
    assert "Nothing was deployed here yet." in down.body
    assert "It is scaled to zero." in down_again.body


def test_an_explanation_is_text_whatever_it_is_made_of(caddy: RunningCaddy) -> None:
    app = App()
    Router().route([app.route(explanation=HOSTILE)])

    page = caddy.ask(app.host).body
    answer = json.loads(
        caddy.ask(app.host, headers={"Accept": "application/json"}).body
    )

    assert (
        "&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;"
        "{file./etc/hostname}{http.request.host}&quot;\\" in page
    )
    assert answer["message"].endswith(HOSTILE)


def test_maintenance_hides_an_app_that_runs_and_one_that_does_not(
    caddy: RunningCaddy,
) -> None:
    app, router = App(), Router()
    with upstream("up") as server:
        router.route([app.route((server.port, 1), in_maintenance=True)])
        closed = caddy.ask(app.host, method="POST", body=b"")
        router.route([app.route((server.port, 1))])
        opened = caddy.ask(app.host)
    router.route([app.route(in_maintenance=True, explanation="It crashed.")])
    closed_again = caddy.ask(app.host)

    assert (closed.status, opened.status, closed_again.status) == (503, 200, 503)
    assert "down for maintenance" in closed.body
    assert "down for maintenance" in closed_again.body
    assert "crashed" not in closed_again.body


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [
        ("application/json", True),
        ("application/vnd.heroku+json; version=3", True),
        ("application/json, application/problem+json;q=0.9", True),
        ("application/json, text/plain, */*", False),
        ("text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("*/*", False),
    ],
)
def test_who_accepts_only_json_gets_json(
    caddy: RunningCaddy, accept: str, *, is_json: bool
) -> None:
    app = App()
    Router().route([app.route(explanation="It rests.")])

    unknown = caddy.ask("nobody.localhost", headers={"Accept": accept})
    down = caddy.ask(app.host, headers={"Accept": accept})

    assert (unknown.status, down.status) == (404, 503)
    if is_json:
        assert down.headers["Content-Type"] == "application/json"
        assert json.loads(unknown.body)["id"] == "unknown"
        assert json.loads(down.body) == {
            "id": "down",
            "message": "This app is not running. It rests.",
        }
    else:
        assert "<h1>" in unknown.body
        assert "<h1>" in down.body


def test_a_head_request_gets_the_head_of_a_page(caddy: RunningCaddy) -> None:
    app = App()
    Router().route([app.route(explanation="It rests.")])

    for host in (app.host, "nobody.localhost"):
        whole, head = caddy.ask(host), caddy.ask(host, method="HEAD")

        assert (head.status, head.body) == (whole.status, "")
        assert head.headers["Content-Type"] == whole.headers["Content-Type"]


def test_an_app_that_does_not_answer_gets_a_page(
    caddy: RunningCaddy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caddy_routes, "TRY_FOR", "200ms")
    monkeypatch.setattr(caddy_routes, "ANSWER_WITHIN", "200ms")
    gone, slow = App(), App()

    with upstream("slow") as server:
        Router().route([gone.route((free_port(), 1)), slow.route((server.port, 1))])
        refused, late = caddy.ask(gone.host), caddy.ask(slow.host, "/hold")

    assert (refused.status, late.status) == (502, 504)
    assert "This app did not answer" in refused.body
    assert "took too long" in late.body


def test_an_apps_own_errors_are_its_own(caddy: RunningCaddy) -> None:
    app = App()

    with upstream("here") as server:
        Router().route([app.route((server.port, 1))])
        answer = caddy.ask(app.host, "/error")

    assert (answer.status, answer.body) == (500, "It broke.")
