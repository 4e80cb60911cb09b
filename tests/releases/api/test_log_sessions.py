from collections.abc import Iterator
from itertools import islice
from threading import BoundedSemaphore
from urllib.parse import urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from releases.api import signed
from releases.api.errors import ApiError
from releases.models import App, Token
from releases.operations.give_access import take_access
from releases.operations.release_output import append_output
from releases.operations.settle_release import settle_release
from releases.operations.tokens import revoke_token
from tests.factories import acting, make_config, make_deploy, make_member
from tests.log_writing import add, process_log, requested, router_log, stamped
from tests.releases.api.clients import Api, api_for, follows_schema, is_error

pytestmark = pytest.mark.django_db
SESSIONS = "/apps/shop/log-sessions"
EVENTS = {"Accept": "text/event-stream"}


def stream(url: str, **headers: str) -> Iterator[str]:
    response = Client().get(urlsplit(url).path, headers=headers)
    assert response.status_code == 200, response.content
    pieces: Iterator[bytes] = getattr(response, "streaming_content")  # noqa: B009
    return (piece.decode() for piece in pieces)


@pytest.fixture(autouse=True)
def nobody_follows_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signed, "STREAMS", BoundedSemaphore(4))


def test_the_history_is_printed_as_lines_oldest_first(api: Api, app: App) -> None:
    made = api.post(SESSIONS, {"lines": 2, "dyno": "api", "source": "app"})

    assert made.status == 201
    assert follows_schema("log-session", made.json)
    lines = "".join(stream(made.json["logplex_url"])).splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        f"Deploy {app.releases.get(version=4).slug} by system",
        "Set COLOR config vars by system",
    ]
    assert "blue" not in "".join(lines)


@pytest.mark.parametrize("name", ["dyno", "dyno_name", "type"])
def test_processes_and_requests_are_in_it_and_one_can_be_asked_for(
    api: Api, app: App, log_folders: None, name: str
) -> None:
    add(process_log(app, "web.1"), stamped("hello"), stamped("-- exited with 0"))
    add(process_log(app, "worker.1"), stamped("working"))
    add(router_log(app), requested("/"))

    def asked(**more: str) -> list[str]:
        made = api.post(SESSIONS, {"lines": 100, **more})
        return [
            line.partition(" ")[2]
            for line in "".join(stream(made.json["logplex_url"])).splitlines()
        ]

    assert "heroku[router]: at=info method=GET" in "".join(asked())
    assert asked(**{name: "worker"}) == ["app[worker.1]: working"]
    assert asked(**{name: "web.1"}) == [
        "app[web.1]: hello",
        "heroku[web.1]: exited with 0",
    ]
    assert asked(source="heroku", **{name: "web.1"}) == ["heroku[web.1]: exited with 0"]


def test_a_tail_goes_on_with_what_a_process_prints(
    api: Api, app: App, log_folders: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signed, "POLL", 0.01)
    log = process_log(app, "web.1")
    add(log, stamped("first"))
    asked = {"lines": 1, "tail": True, "dyno": "web.1"}
    url = api.post(SESSIONS, asked).json["logplex_url"]

    found = stream(url, **EVENTS)
    [first] = islice(found, 1)
    add(log, stamped("later", second=1))
    later = next(event for event in found if event.startswith("data: "))

    assert first.endswith("app[web.1]: first\n\n")
    assert later.endswith("app[web.1]: later\n\n")


def test_the_cli_gets_server_sent_events(api: Api) -> None:
    url = api.post(SESSIONS, {}).json["logplex_url"]

    events = list(stream(url, **EVENTS))

    assert all(event.startswith("data: ") for event in events)
    assert all(event.endswith("\n\n") for event in events)


def test_a_tail_goes_on_with_what_happens(
    api: Api, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signed, "POLL", 0.01)
    url = api.post(SESSIONS, {"lines": 1, "tail": True}).json["logplex_url"]

    found = stream(url, **EVENTS)
    [first] = islice(found, 1)
    make_config(app, SIZE="9")
    later = next(event for event in found if event.startswith("data: "))

    assert "Set COLOR" in first
    assert "Set SIZE config vars" in later


def test_lines_are_not_kept_back_to_be_compressed(api: Api) -> None:
    url = api.post(SESSIONS, {"lines": 1, "tail": True}).json["logplex_url"]

    [first] = islice(stream(url, **EVENTS, **{"Accept-Encoding": "gzip"}), 1)

    assert first.startswith("data: ")


def test_a_tail_ends_with_its_token(
    api: Api, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signed, "POLL", 0.01)
    url = api.post(SESSIONS, {"lines": 1, "tail": True}).json["logplex_url"]
    found = stream(url, **EVENTS)
    list(islice(found, 3))

    revoke_token(token=Token.objects.get(), actor=acting(app.owner))
    make_config(app, SIZE="9")

    assert "Set SIZE" not in "".join(found)


def test_a_tail_ends_with_the_access_to_its_app(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signed, "POLL", 0.01)
    guest = make_member(app, "view").user
    made = api_for(guest).post(SESSIONS, {"lines": 1, "tail": True})
    found = stream(made.json["logplex_url"], **EVENTS)
    list(islice(found, 3))

    take_access(app=app, user=guest, actor=acting(app.owner))
    make_config(app, SIZE="9")

    assert "Set SIZE" not in "".join(found)


def test_few_are_followed_at_once_so_that_others_are_served() -> None:
    followed = [signed.Followed(iter(())) for _ in range(4)]

    with pytest.raises(ApiError, match="Too many streams"):
        signed.Followed(iter(()))
    for each in followed:
        each.close()
        each.close()

    signed.Followed(iter(())).close()


@pytest.mark.parametrize(
    "body", [{"lines": -1}, {"lines": "many"}, {"tail": "x"}, {"dyno": "x" * 201}]
)
def test_what_is_no_session_is_refused(api: Api, body: object) -> None:
    assert is_error(api.post(SESSIONS, body), 422, "invalid_params")


def test_what_a_release_phase_printed_can_be_read(
    api: Api, app: App, settings: Settings
) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False
    procfile = {"Procfile": "web: serve\nrelease: migrate\n"}
    for lines in ([], ["migrating", "done"]):
        pending = make_deploy(app, files={**procfile, "lines": str(lines)})
        append_output(release=pending, lines=lines)
        settle_release(release=pending, succeeded=True, actor=acting(app.owner))

    *_, silent, told = api.get("/apps/shop/releases", range="version ..").json

    assert silent["output_stream_url"] is None
    assert told == {
        **api.get("/apps/shop/releases/7").json,
        "output_stream_url": told["output_stream_url"],
    }
    assert "".join(stream(told["output_stream_url"])) == "migrating\ndone\n"


def test_why_a_release_failed_can_be_read(
    api: Api, app: App, settings: Settings
) -> None:
    assert api.get("/apps/shop/releases/5").json["output_stream_url"] is None
    settings.RELEASES_SETTLE_AT_ONCE = False
    pending = make_deploy(app)
    settle_release(
        release=pending, succeeded=False, message="exited 1", actor=acting(app.owner)
    )

    release = api.get("/apps/shop/releases/6").json

    assert follows_schema("release", release)
    assert "".join(stream(release["output_stream_url"])) == "exited 1\n"
