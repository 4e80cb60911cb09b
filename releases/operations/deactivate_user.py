from django.db import transaction

from releases.actors import Actor
from releases.errors import OperationRefused
from releases.models import Activity, User
from releases.operations.ledger import record_outside_apps
from releases.permissions import require_superuser
from releases.sessions import drop_all_sessions


@transaction.atomic
def deactivate_user(*, user: User, actor: Actor) -> User:
    """Close every door to `user` at once; what they did stays in history.

    Refuses the system's own row, and the last superuser who could undo it.
    """
    require_superuser(actor, "deactivate users")
    superusers = list(
        User.objects.select_for_update()
        .filter(is_superuser=True, is_active=True)
        .order_by("pk")
    )
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_system:
        raise OperationRefused("The system is no person; it cannot be deactivated.")
    if not user.is_active:
        raise OperationRefused(f"{user} is deactivated already.", code="no_change")
    if superusers == [user]:
        raise OperationRefused(
            f"{user} is the last superuser; make another one first.",
            code="last_superuser",
        )
    user.is_active = False
    user.save(update_fields=["is_active"])
    drop_all_sessions(user)
    record_outside_apps(
        actor=actor,
        kind=Activity.Kind.USER_DEACTIVATED,
        summary=f"Deactivated user {user}",
        detail={"user": user.email},
    )
    return user
