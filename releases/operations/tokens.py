"""Tokens: made, shown once, renamed, replaced, revoked."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from releases.actors import Actor
from releases.errors import NotAllowed, NotFound, OperationRefused
from releases.models import Activity, Token, User
from releases.operations.inputs import require_text
from releases.operations.ledger import record_outside_apps
from releases.permissions import require_superuser

# Begins like nothing else does, so that scanners of leaked secrets can find it.
PREFIX = "rbk_"
SECRET_BYTES = 32
SHOWN = 8
NAME_LIMIT = 200
TOKENS_EACH = 200
LONGEST = timedelta(days=3_660)


class NewToken(NamedTuple):
    """A token with its secret, which is nowhere else in the clear."""

    token: Token
    secret: str


@transaction.atomic
def create_token(
    *,
    user: User,
    name: str,
    actor: Actor,
    scopes: Iterable[str] = (Token.Scope.GLOBAL,),
    expires_in: timedelta | None = None,
) -> NewToken:
    """Make a token for `user`: for oneself, or by a superuser for anyone who is active.

    Without `expires_in` it does not expire. A token can never make one that may more
    than itself: its door sees to that.
    """
    user = _own(user, actor)
    name = require_text(name, "token's name", limit=NAME_LIMIT)
    now = timezone.now()
    if Token.objects.filter(user=user, revoked_at=None).count() >= TOKENS_EACH:
        raise OperationRefused(
            f"{user} has {TOKENS_EACH} tokens; revoke some that are not used any more.",
            code="too_many_tokens",
        )
    secret = _new_secret()
    token = Token.objects.create(
        user=user,
        name=name,
        scopes=_known_scopes(scopes),
        secret_sha256=hashed(secret),
        beginning=secret[: len(PREFIX) + SHOWN],
        created_at=now,
        updated_at=now,
        expires_at=None if expires_in is None else now + _bounded(expires_in),
    )
    _record(token, Activity.Kind.TOKEN_CREATED, "Created", actor)
    return NewToken(token, secret)


@transaction.atomic
def regenerate_token(*, token: Token, actor: Actor) -> NewToken:
    """Give a token another secret; the old one is worth nothing from now on."""
    token = _locked(token, actor)
    secret = _new_secret()
    token.secret_sha256 = hashed(secret)
    token.beginning = secret[: len(PREFIX) + SHOWN]
    token.updated_at = timezone.now()
    token.save(update_fields=["secret_sha256", "beginning", "updated_at"])
    _record(token, Activity.Kind.TOKEN_REGENERATED, "Regenerated", actor)
    return NewToken(token, secret)


@transaction.atomic
def rename_token(*, token: Token, name: str, actor: Actor) -> Token:
    token = _locked(token, actor)
    name = require_text(name, "token's name", limit=NAME_LIMIT)
    if name == token.name:
        return token
    old, token.name, token.updated_at = token.name, name, timezone.now()
    token.save(update_fields=["name", "updated_at"])
    _record(token, Activity.Kind.TOKEN_RENAMED, f"Renamed {old},", actor)
    return token


@transaction.atomic
def revoke_token(*, token: Token, actor: Actor) -> Token:
    """Make a token worth nothing, for ever; what was done with it keeps its name."""
    token = _locked(token, actor)
    token.revoked_at = token.updated_at = timezone.now()
    token.save(update_fields=["revoked_at", "updated_at"])
    _record(token, Activity.Kind.TOKEN_REVOKED, "Revoked", actor)
    return token


def hashed(secret: str) -> str:
    """Return what is stored of a secret. One this long and random needs no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def _own(user: User, actor: Actor) -> User:
    if user.pk != actor.user.pk:
        require_superuser(actor, "make tokens for others")
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active:
        raise NotAllowed(f"{user} is deactivated and can have no tokens.")
    return user


def _locked(token: Token, actor: Actor) -> Token:
    found = Token.objects.select_for_update().filter(pk=token.pk, revoked_at=None)
    locked = found.select_related("user").first()
    if locked is None or (locked.user_id != actor.user.pk and not _sees_all(actor)):
        raise NotFound("There is no such token.")
    return locked


def _sees_all(actor: Actor) -> bool:
    try:
        require_superuser(actor, "change the tokens of others")
    except NotAllowed:
        return False
    return True


def _known_scopes(scopes: Iterable[str]) -> list[str]:
    asked = set(scopes)
    unknown = sorted(asked - set(Token.Scope.values))
    if unknown or not asked:
        said = (
            f"{unknown[0][:40]!r} is no scope; t" if unknown else "A scope is needed: t"
        )
        raise OperationRefused(
            f"{said}here are {', '.join(Token.Scope.values)}.", code="invalid"
        )
    return [value for value in Token.Scope.values if value in asked]


def _bounded(expires_in: timedelta) -> timedelta:
    if not timedelta(0) < expires_in <= LONGEST:
        raise OperationRefused(
            f"A token lasts from a second to {LONGEST.days:,} days; or leave the time out"
            " and it does not expire.",
            code="invalid",
        )
    return expires_in


def _record(token: Token, kind: Activity.Kind, verb: str, actor: Actor) -> None:
    record_outside_apps(
        actor=actor,
        kind=kind,
        summary=f"{verb} token {token.name} of {token.user}",
        detail={
            "token": str(token.pk),
            "name": token.name,
            "user": token.user.email,
            "scopes": list(token.scopes),
        },
    )
