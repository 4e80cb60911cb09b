from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from releases.actors import Actor
from releases.errors import NotAllowed, OperationRefused
from releases.mail import tell_of
from releases.models import Activity, User
from releases.operations.ledger import record_outside_apps
from releases.permissions import require_superuser
from releases.sessions import drop_all_sessions


@transaction.atomic
def set_password(*, user: User, password: str, actor: Actor) -> User:
    """Give an account another password: one's own, or by a superuser anyone's.

    All its sessions end by that; its tokens go on. Refuses what the validators refuse.
    """
    if user.pk != actor.user.pk:
        require_superuser(actor, "set the passwords of others")
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not user.is_active:
        raise NotAllowed(f"{user} is deactivated and cannot sign in.")
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise OperationRefused(" ".join(error.messages), code="invalid") from None
    user.set_password(password)
    user.save(update_fields=["password"])
    drop_all_sessions(user)
    changed = record_outside_apps(
        actor=actor,
        kind=Activity.Kind.PASSWORD_CHANGED,
        summary=f"Changed the password of {user}",
        detail={"user": user.email},
    )
    tell_of(changed, user=user, subject="Your password for Rollbook was changed")
    return user
