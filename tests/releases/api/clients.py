"""Clients of the API, as programs are: a token, an Accept header, JSON both ways."""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.test import Client
from django.urls import Resolver404, get_resolver

from releases.actors import Actor
from releases.api.entry import URLS
from releases.models import Token, User
from releases.operations.tokens import create_token
from tests.heroku.schema import mistakes
from tests.releases.api.shapes import misshapen

ACCEPT = "application/vnd.heroku+json; version=3"


@dataclass(frozen=True)
class Answered:
    """What the API answered."""

    status: int
    headers: Mapping[str, str]
    json: Any


@dataclass
class Api:
    """Calls the API with one token; each call has an id of its own."""

    token: str
    client: Client = field(default_factory=Client)

    def get(self, path: str, **headers: str) -> Answered:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> Answered:
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: object = None, **headers: str) -> Answered:
        return self.call("PATCH", path, body, **headers)

    def put(self, path: str, body: object = None, **headers: str) -> Answered:
        return self.call("PUT", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Answered:
        return self.call("DELETE", path, **headers)

    def call(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> Answered:
        """Headers are given in Python's spelling: `request_id` is Request-Id."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {
            "Accept": ACCEPT,
            "Authorization": f"Bearer {self.token}",
            "Request-Id": str(uuid.uuid4()),
        }
        sent |= {name.title(): value for name, value in given.items()}
        response = self.client.generic(
            method,
            path,
            b"" if body is None else json.dumps(body).encode(),
            content_type="application/json",
            headers={name: value for name, value in sent.items() if value},
        )
        assert response.headers["Content-Type"] == "application/json"
        answer = json.loads(response.content)
        assert misshapen(_route(path), response.status_code, answer) == []
        return Answered(response.status_code, response.headers, answer)


def _route(path: str) -> str:
    try:
        return get_resolver(URLS).resolve(urlsplit(path).path).route
    except Resolver404:
        return ""


def api_for(user: User, scopes: Iterable[str] = (Token.Scope.GLOBAL,)) -> Api:
    """Return a client with a new token of `user`."""
    made = create_token(user=user, name="laptop", scopes=scopes, actor=Actor.system())
    return Api(made.secret)


def is_error(answered: Answered, status: int, error_id: str) -> bool:
    """Whether it is a failure of Heroku's shape: id and message, both texts."""
    body = answered.json
    return (
        (answered.status, body["id"]) == (status, error_id)
        and isinstance(body["message"], str)
        and body["message"].endswith((".", "taken"))
    )


def follows_schema(name: str, *objects: object) -> bool:
    """Whether each of `objects` has the shape of Heroku's object of that name."""
    found = [mistakes(name, each) for each in objects]
    assert found == [[]] * len(objects)
    return bool(objects)
