"""Two-factor: turned on and off, its codes used, new recovery codes made."""

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.utils import decrypt, encrypt
from django.db import transaction

from releases.actors import Actor
from releases.errors import NotAllowed, OperationRefused
from releases.mail import tell_of
from releases.models import Activity, User
from releases.operations.ledger import Detail, record_outside_apps
from releases.permissions import require_superuser
from releases.two_factor import LAST_COUNTER, SECRETS, Type, counter_of, has_two_factor

WRONG_CODE = "This code is not right, or was used before. Wait for the next one."


@transaction.atomic
def turn_on_two_factor(*, secret: str, code: str, actor: Actor) -> list[str]:
    """Ask the actor for a code at each sign-in from now on. Returns recovery codes.

    `code` shows that `secret` reached their authenticator app, and is used up by that.
    """
    user = _locked(actor.user)
    if has_two_factor(user):
        raise OperationRefused("Two-factor is on already.", code="no_change")
    counter = counter_of(secret, code)
    if counter is None:
        raise OperationRefused(WRONG_CODE, code="wrong_code")
    Authenticator.objects.create(
        user=user,
        type=Type.TOTP,
        data={SECRETS[Type.TOTP]: encrypt(secret), LAST_COUNTER: counter},
    )
    _record(Activity.Kind.TWO_FACTOR_ON, f"Turned on two-factor of {user}", user, actor)
    return _new_recovery_codes(user)


@transaction.atomic
def turn_off_two_factor(*, user: User, actor: Actor) -> User:
    """Let `user` in by password alone: for oneself, or by a superuser for anyone.

    Passkeys stay, which their owner removes one by one.
    """
    if user.pk != actor.user.pk:
        require_superuser(actor, "turn off the two-factor of others")
    _, deleted = Authenticator.objects.filter(user=user, type__in=SECRETS).delete()
    if not deleted:
        raise OperationRefused(f"{user} has no two-factor.", code="no_change")
    turned_off = _record(
        Activity.Kind.TWO_FACTOR_OFF, f"Turned off two-factor of {user}", user, actor
    )
    tell_of(
        turned_off, user=user, subject="Your two-factor for Rollbook was turned off"
    )
    return user


@transaction.atomic
def make_recovery_codes(*, actor: Actor) -> list[str]:
    """Give the actor new recovery codes; the old ones are worth nothing from now on."""
    user = _locked(actor.user)
    if not has_two_factor(user):
        raise OperationRefused(
            "Turn two-factor on first; recovery codes come with it.", code="invalid"
        )
    _record(
        Activity.Kind.RECOVERY_CODES_MADE,
        f"Made recovery codes of {user}",
        user,
        actor,
    )
    return _new_recovery_codes(user)


@transaction.atomic
def use_code(*, code: str, actor: Actor) -> Authenticator | None:
    """Use up a code of the actor, and return what it is of; None if it is not right.

    The door counts attempts. Codes of the app are recorded by what they open, a
    recovery code by itself.
    """
    own = Authenticator.objects.filter(
        user=actor.user, user__is_active=True, type__in=SECRETS
    )
    for authenticator in own.select_for_update(of=["self"]).order_by("-type"):
        accepts = _accepts_code if authenticator.type == Type.TOTP else _accepts_once
        if accepts(authenticator, code, actor):
            authenticator.record_usage()
            return authenticator
    return None


def _accepts_code(totp: Authenticator, code: str, _actor: Actor) -> bool:
    secret = decrypt(totp.data[SECRETS[Type.TOTP]])
    counter = counter_of(secret, code, after=totp.data[LAST_COUNTER])
    if counter is None:
        return False
    totp.data[LAST_COUNTER] = counter
    totp.save(update_fields=["data"])
    return True


def _accepts_once(recovery: Authenticator, code: str, actor: Actor) -> bool:
    codes = recovery.wrap()
    if not codes.validate_code(code):
        return False
    _record(
        Activity.Kind.RECOVERY_CODE_USED,
        f"Used a recovery code of {actor}",
        actor.user,
        actor,
        left=len(codes.get_unused_codes()),
    )
    return True


def _new_recovery_codes(user: User) -> list[str]:
    Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).delete()
    return list(RecoveryCodes.activate(user).get_unused_codes())


def _locked(user: User) -> User:
    """Return the person, whose changes of two-factor run one after another."""
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not locked.is_active:
        raise NotAllowed(f"{user} is deactivated and cannot sign in.")
    return locked


def _record(
    kind: Activity.Kind, summary: str, user: User, actor: Actor, **detail: int
) -> Activity:
    about: Detail = {"user": user.email, **detail}
    return record_outside_apps(actor=actor, kind=kind, summary=summary, detail=about)
