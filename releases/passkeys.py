"""Passkeys, by which people get in without password and code.

One is no second step: who has one, and no two-factor, may still sign in by password alone.
"""

from allauth.mfa.models import Authenticator
from django.db.models import QuerySet

from releases.actors import Actor
from releases.errors import NotFound
from releases.models import User
from releases.permissions import require_superuser


def passkeys_of(user: User, *, actor: Actor) -> QuerySet[Authenticator]:
    """Return the passkeys of `user`, oldest first. For oneself, and for superusers."""
    if user.pk != actor.user.pk:
        require_superuser(actor, "see the passkeys of others")
    own: QuerySet[Authenticator] = Authenticator.objects.filter(
        user=user, type=Authenticator.Type.WEBAUTHN
    )
    return own.select_related("user").order_by("created_at", "pk")


def find_passkey(user: User, passkey_id: int, *, actor: Actor) -> Authenticator:
    passkey = passkeys_of(user, actor=actor).filter(pk=passkey_id).first()
    if passkey is None:
        raise NotFound("There is no such passkey.")
    return passkey
