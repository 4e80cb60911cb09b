"""A client library that knows nothing of Rollbook, and many clients at once."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.error import HTTPError

import heroku3
import requests
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from tests.cli.server import ADA, Server

HEROKU = "https://api.heroku.com"


class Elsewhere(HTTPAdapter):
    """Carries what is for Heroku to another server; the library itself is as it came."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: PreparedRequest, *given: Any, **named: Any) -> Response:
        request.url = (request.url or "").replace(HEROKU, self._url, 1)
        return super().send(request, *given, **named)


def test_heroku3_sets_config_and_rolls_back(server: Server, app: str) -> None:
    with requests.session() as session:
        session.mount(HEROKU, Elsewhere(server.url))
        client = heroku3.from_key(server.tokens[ADA], session=session)

        assert client.account().email == ADA
        found = client.apps()[app]
        found.config()["COLOR"] = "green"
        assert [release.version for release in found.releases()] == [1, 2, 3, 4, 5]
        found.rollback("v2")

    assert server.config(app) == {"COLOR": "red"}
    assert server.newest(app) == 6


def test_fifty_changes_and_rollbacks_at_once_are_all_there(
    server: Server, app: str
) -> None:
    """Versions without gaps, nothing lost, and each answer true."""
    numbers = itertools.count()

    def change(number: int) -> tuple[str, dict[str, str]]:
        return f"KEY_{number}", server.config(app, **{f"KEY_{number}": "1"})

    def go_back(number: int) -> int:
        # What only code is restored in leaves the config of others alone.
        body = {"release": "v2", "scope": "code"}
        return _status(lambda: server.call("POST", f"/apps/{app}/releases", body))

    with ThreadPoolExecutor(16) as clients:
        changes = [clients.submit(change, next(numbers)) for _ in range(25)]
        backs = [clients.submit(go_back, number) for number in range(25)]
        answers = [each.result() for each in changes]
        refused = [each.result() for each in backs]

    config = server.config(app)
    assert all(name in config for name, _ in answers)
    assert all(answer[name] == "1" for name, answer in answers)
    # There is no code, so nothing would change: each was refused, and none half done.
    assert refused == [422] * 25
    releases = server.call("GET", f"/apps/{app}/releases")
    versions = sorted(release["version"] for release in releases)
    assert versions == list(range(1, 4 + 25 + 1))
    assert server.manage("verify_ledger")


def _status(call: Callable[[], object]) -> int:
    try:
        call()
    except HTTPError as error:
        error.close()
        return error.code
    return 201
