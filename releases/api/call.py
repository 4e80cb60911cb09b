"""A call of the API as its views get it, and an answer as they give it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

from django.db.models import Q
from django.http import HttpRequest

from releases.actors import Actor
from releases.api.bodies import RequestBody, read_body
from releases.api.errors import not_found
from releases.api.ranges import Field, page_of
from releases.errors import NotFound
from releases.models import App, Release, Token
from releases.models.release import version_in
from releases.permissions import Action
from releases.queries import find_app, find_release

Body = TypeVar("Body", bound=RequestBody)


@dataclass(frozen=True)
class Answer:
    """What a view answers: JSON, a status, headers beside the usual."""

    content: Any
    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """Who calls, with which token, and what they ask.

    `remaining` are the calls that the token has left, `secret` what it is shown by.
    """

    request: HttpRequest
    actor: Actor
    token: Token
    request_id: str
    idempotency_key: str
    remaining: int
    secret: str

    def body(self, model: type[Body]) -> Body:
        return read_body(self.request, model)

    def app(self, identity: str, *, to_do: Action = Action.SEE) -> App:
        """Return the app of a path, by name or id, that the caller may do this to."""
        name = _name_of(identity)
        try:
            return find_app(name, actor=self.actor, to_do=to_do)
        except NotFound:
            raise not_found("app") from None

    def release(self, app: App, identity: str) -> Release:
        """Return a release of `app` by version, "v" and version, or id."""
        version = version_of(app, identity)
        try:
            return find_release(app, version)
        except NotFound:
            raise not_found("release") from None

    def list(
        self,
        rows: Any,
        to_object: Any,
        *,
        fields: Mapping[str, Field],
        default: str = "id",
    ) -> Answer:
        """Answer with the page of `rows` that the Range header asks for."""
        page = page_of(
            rows, self.request.headers.get("Range"), fields=fields, default=default
        )
        return Answer(
            [to_object(row) for row in page.rows],
            page.status,
            page.headers,
        )


def created(content: Any) -> Answer:
    return Answer(content, HTTPStatus.CREATED)


def accepted() -> Answer:
    """Answer what is done later, and has nothing to show for it yet."""
    return Answer({}, HTTPStatus.ACCEPTED)


def version_of(app: App, identity: str) -> int:
    """Return the version that a path or a body names; ids are looked up."""
    version = version_in(identity)
    if version is not None:
        return version
    found = (
        app.releases.filter(pk=release_id).values_list("version", flat=True).first()
        if (release_id := as_uuid(identity))
        else None
    )
    if found is None:
        raise not_found("release")
    return found


def as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _name_of(identity: str) -> str:
    app_id = as_uuid(identity)
    if app_id is None:
        return identity
    names = App.objects.filter(Q(pk=app_id), deleted_at=None)
    return names.values_list("name", flat=True).first() or identity
