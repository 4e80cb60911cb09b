"""A live Rollbook with people and tokens in it, and calls that prepare a test."""

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.machine.processes import Up, manage

ADA, GRACE = "ada@example.com", "grace@example.com"
ACCEPT = "application/vnd.heroku+json; version=3"

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Server:
    """A running bin/up. Ada owns what a test makes; Grace is someone else."""

    up: Up
    tokens: Mapping[str, str]

    @property
    def url(self) -> str:
        return f"http://localhost:{self.up.port}"

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Call the API as Ada, past the CLI."""
        request = Request(  # noqa: S310  # its own address
            f"{self.url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Accept": ACCEPT,
                "Authorization": f"Bearer {self.tokens[ADA]}",
                "Content-Type": "application/json",
            },
        )
        with urlopen(request) as answer:  # noqa: S310  # its own address
            return json.load(answer)

    def lets_in(self, token: str) -> bool:
        """Whether a token is worth anything."""
        request = Request(  # noqa: S310  # its own address
            f"{self.url}/account", headers={"Authorization": f"Bearer {token}"}
        )
        try:
            with urlopen(request):  # noqa: S310  # its own address
                return True
        except HTTPError as error:
            error.close()
            if error.code != HTTPStatus.UNAUTHORIZED:
                raise
            return False

    def new_app(self) -> str:
        app = self.call("POST", "/apps", {"name": f"shop-{next(_numbers)}"})
        return str(app["name"])

    def config(self, app: str, **values: str) -> Any:
        """Change config vars, or only return them."""
        path = f"/apps/{app}/config-vars"
        return self.call("PATCH", path, values) if values else self.call("GET", path)

    def newest(self, app: str) -> Any:
        """Return the release that is current."""
        return self.call("GET", f"/apps/{app}")["current_release"]["version"]

    def manage(self, *arguments: str) -> str:
        done = manage(self.up.home, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()
