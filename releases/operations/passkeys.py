"""Passkeys: added, given another name, removed. Getting in by one is the door's matter."""

from collections.abc import Mapping

from allauth.mfa.models import Authenticator
from django.db import transaction

from releases.actors import Actor
from releases.errors import NotAllowed, OperationRefused
from releases.mail import tell_of
from releases.models import Activity, User
from releases.operations.inputs import require_text
from releases.operations.ledger import record_outside_apps
from releases.passkeys import find_passkey, passkeys_of

NAME_LIMIT = 100
PASSKEYS_EACH = 50


@transaction.atomic
def add_passkey(
    *, name: str, credential: Mapping[str, object], actor: Actor
) -> Authenticator:
    """Let the actor in by a passkey from now on, in place of password and code.

    `credential` is what the browser made and the door has verified: a public key, which
    is no secret.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=actor.user.pk)
    if not user.is_active:
        raise NotAllowed(f"{user} is deactivated and cannot sign in.")
    name = require_text(name, "passkey's name", limit=NAME_LIMIT)
    if passkeys_of(user, actor=actor).count() >= PASSKEYS_EACH:
        raise OperationRefused(
            f"{user} has {PASSKEYS_EACH} passkeys; remove some that are not used any"
            " more.",
            code="too_many_passkeys",
        )
    passkey: Authenticator = Authenticator.objects.create(
        user=user,
        type=Authenticator.Type.WEBAUTHN,
        data={"name": name, "credential": credential},
    )
    added = _record(Activity.Kind.PASSKEY_ADDED, "Added", passkey, actor)
    tell_of(added, user=user, subject="A passkey for Rollbook was added")
    return passkey


@transaction.atomic
def rename_passkey(
    *, user: User, passkey_id: int, name: str, actor: Actor
) -> Authenticator:
    passkey = find_passkey(user, passkey_id, actor=actor)
    old = passkey.data["name"]
    name = require_text(name, "passkey's name", limit=NAME_LIMIT)
    if name == old:
        return passkey
    passkey.data["name"] = name
    passkey.save(update_fields=["data"])
    _record(Activity.Kind.PASSKEY_RENAMED, f"Renamed {old},", passkey, actor)
    return passkey


@transaction.atomic
def remove_passkey(*, user: User, passkey_id: int, actor: Actor) -> Authenticator:
    """Let nobody in by it any more: for oneself, or by a superuser for anyone."""
    passkey = find_passkey(user, passkey_id, actor=actor)
    removed = _record(Activity.Kind.PASSKEY_REMOVED, "Removed", passkey, actor)
    passkey.delete()
    tell_of(removed, user=user, subject="A passkey for Rollbook was removed")
    return passkey


def _record(
    kind: Activity.Kind, what: str, passkey: Authenticator, actor: Actor
) -> Activity:
    user, name = passkey.user, passkey.data["name"]
    return record_outside_apps(
        actor=actor,
        kind=kind,
        summary=f"{what} passkey {name} of {user}",
        detail={"user": user.email, "passkey": name},
    )
