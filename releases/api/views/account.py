"""Who one is, and the tokens one has: Heroku calls them OAuth authorizations."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from pydantic import Field as Bounded

from releases.actors import Actor
from releases.api.account_objects import (
    account_object,
    authorization_object,
    session_object,
)
from releases.api.bodies import RequestBody, read_body
from releases.api.call import Answer, Call, as_uuid, created
from releases.api.errors import not_found
from releases.api.objects import Object
from releases.api.passwords import signed_in
from releases.api.ranges import Field
from releases.api.routes import Need, Route
from releases.models import Token
from releases.operations.tokens import (
    NewToken,
    create_token,
    regenerate_token,
    rename_token,
    revoke_token,
)
from releases.queries import visible_tokens

FIELDS = {"id": Field("pk", UUID)}
Text = Annotated[str, Bounded(max_length=200)]
# Given as a number, or as the text of one.
Seconds = Annotated[int, Bounded(gt=0, lt=10**12)]


class NewAuthorization(RequestBody):
    description: Text | None = None
    expires_in: Seconds | None = None
    scope: list[Text] | None = None


class AuthorizationChange(RequestBody):
    description: Text | None = None


def account_info(call: Call) -> Answer:
    return Answer(account_object(call.actor.user))


def user_info(call: Call, user: str) -> Answer:
    own = call.actor.user
    if user not in {"~", own.email, str(own.pk)}:
        raise not_found("user")
    return Answer(account_object(own))


def rate_limits(call: Call) -> Answer:
    return Answer({"remaining": call.remaining})


def authorization_list(call: Call) -> Answer:
    return call.list(
        visible_tokens(call.actor.user, actor=call.actor),
        _authorization(call),
        fields=FIELDS,
    )


def authorization_create(call: Call) -> Answer:
    return created(_created(call.actor, call.body(NewAuthorization)))


def authorization_create_by_password(request: HttpRequest, request_id: str) -> Answer:
    """Make a token for who sends e-mail and password: `heroku login -i`."""
    asked = read_body(request, NewAuthorization)
    return created(_created(signed_in(request, request_id), asked))


def authorization_info(call: Call, authorization: str) -> Answer:
    return Answer(_authorization(call)(_token(call, authorization)))


def authorization_update(call: Call, authorization: str) -> Answer:
    token = _token(call, authorization)
    name = call.body(AuthorizationChange).description
    if name is not None:
        token = rename_token(token=token, name=name, actor=call.actor)
    return Answer(_authorization(call)(token))


def authorization_revoke(call: Call, authorization: str) -> Answer:
    token = revoke_token(token=_token(call, authorization), actor=call.actor)
    return Answer(authorization_object(token))


def authorization_regenerate(call: Call, authorization: str) -> Answer:
    token = _token(call, authorization)
    made = regenerate_token(token=token, actor=call.actor)
    return created(authorization_object(made.token, secret=made.secret))


def session_list(_call: Call) -> Answer:
    """Return the sessions of an OAuth login: there are none, only tokens."""
    return Answer([])


def session_delete(call: Call, session: str) -> Answer:
    """End the session of the token that asks, as `heroku logout` does."""
    if session not in {"~", str(call.token.pk)}:
        raise not_found("session")
    revoke_token(token=call.token, actor=call.actor)
    return Answer(session_object(call.token))


def _created(actor: Actor, asked: NewAuthorization) -> Object:
    made: NewToken = create_token(
        user=actor.user,
        name=asked.description or "Long-lived user authorization",
        scopes=asked.scope or [Token.Scope.GLOBAL],
        expires_in=timedelta(seconds=asked.expires_in) if asked.expires_in else None,
        actor=actor,
    )
    return authorization_object(made.token, secret=made.secret)


def _authorization(call: Call) -> Callable[[Token], Object]:
    """Show the secret of the token that asks, since who has it knows it, of no other."""
    return lambda token: authorization_object(
        token, secret=call.secret if token.pk == call.token.pk else ""
    )


def _token(call: Call, identity: str) -> Token:
    if identity == "~":
        return call.token
    token_id = as_uuid(identity)
    found = (
        visible_tokens(call.actor.user, actor=call.actor).filter(pk=token_id).first()
        if token_id
        else None
    )
    if found is None:
        raise not_found("authorization")
    return found


ROUTES = [
    Route("GET", "account", account_info, Need.IDENTITY),
    Route("GET", "account/rate-limits", rate_limits, Need.IDENTITY),
    Route("GET", "users/<user>", user_info, Need.IDENTITY),
    Route("GET", "oauth/authorizations", authorization_list, Need.ACCOUNT),
    Route(
        "POST",
        "oauth/authorizations",
        authorization_create,
        Need.ACCOUNT,
        by_password=authorization_create_by_password,
    ),
    Route(
        "GET", "oauth/authorizations/<authorization>", authorization_info, Need.ACCOUNT
    ),
    Route(
        "PATCH",
        "oauth/authorizations/<authorization>",
        authorization_update,
        Need.ACCOUNT,
    ),
    Route(
        "DELETE",
        "oauth/authorizations/<authorization>",
        authorization_revoke,
        Need.ACCOUNT,
    ),
    Route(
        "POST",
        "oauth/authorizations/<authorization>/actions/regenerate-tokens",
        authorization_regenerate,
        Need.ACCOUNT,
    ),
    Route("GET", "oauth/sessions", session_list, Need.ACCOUNT),
    Route("DELETE", "oauth/sessions/<session>", session_delete, Need.IDENTITY),
]
