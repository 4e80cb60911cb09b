"""The second step of signing in: what allauth keeps of it, and which codes are right."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from releases.actors import Actor
from releases.models import User
from releases.permissions import require_superuser
from releases.vault import reseal, seal, unseal

Type = Authenticator.Type
# What is sealed in the data of each, by allauth's names. A passkey's has a public key only.
SECRETS = {Type.TOTP: "secret", Type.RECOVERY_CODES: "seed"}
# Ours beside them: the newest code that was used.
LAST_COUNTER = "last_counter"


class SealedAdapter(DefaultMFAAdapter):
    """Keeps what allauth stores of people's secrets encrypted under the master key."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "This passkey is not known here, or the question was too old."
    }

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)

    def is_mfa_enabled(
        self, user: AbstractBaseUser | AnonymousUser, types: Sequence[str] | None = None
    ) -> bool:
        """Ask for a second step for codes only, and not since someone has a passkey.

        Else who added one could not get in any more where it is not.
        """
        asked = set(types or Type) - {Type.WEBAUTHN}
        return bool(super().is_mfa_enabled(user, asked or types))


@dataclass(frozen=True)
class TwoFactor:
    """What is to be told of a person's second step."""

    since: datetime
    used_at: datetime | None
    codes_left: int


def has_two_factor(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type=Type.TOTP).exists())


def two_factor_of(user: User, *, actor: Actor) -> TwoFactor | None:
    """Return how `user` takes the second step of signing in; None if there is none.

    For oneself, and for superusers.
    """
    if user.pk != actor.user.pk:
        require_superuser(actor, "see the two-factor of others")
    own = Authenticator.objects.filter(user=user, type__in=SECRETS)
    kept = {each.type: each for each in own}
    totp, recovery = kept.get(Type.TOTP), kept.get(Type.RECOVERY_CODES)
    if totp is None:
        return None
    return TwoFactor(
        since=totp.created_at,
        used_at=totp.last_used_at,
        codes_left=_codes_left(recovery) if recovery else 0,
    )


def counter_of(secret: str, code: str, *, after: int = 0) -> int | None:
    """Return which of the codes around now `code` is; None where it is none of them.

    Those up to `after` were used, or passed over. allauth remembers used codes in the
    cache, for less time than they are right, and the cache may forget earlier.
    """
    for counter in yield_hotp_counters_from_time():
        expected = format_hotp_value(hotp_value(secret, counter))
        if counter > after and compare_user_code(actual=code, expected=expected):
            return int(counter)
    return None


@transaction.atomic
def reseal_two_factor() -> None:
    """Seal all secrets by the newest master key; those of a lost one stay as they are."""
    for each in Authenticator.objects.select_for_update().filter(type__in=SECRETS):
        name = SECRETS[each.type]
        each.data[name] = reseal(each.data[name])
        each.save(update_fields=["data"])


def _codes_left(recovery: Authenticator) -> int:
    """Count the recovery codes that were not used, without opening any."""
    used = int(recovery.data["used_mask"]).bit_count()
    return int(app_settings.RECOVERY_CODE_COUNT) - used
