from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from releases.actors import Actor
from releases.errors import OperationRefused
from releases.models import Access, Activity, App, User
from releases.operations.ledger import lock_app, record_activity
from releases.permissions import Action

Permission = Access.Permission


@transaction.atomic
def give_access(
    *, app: App, user: User, permissions: Iterable[str], actor: Actor
) -> Access:
    """Let `user` do this and no more with `app`, whatever was given before.

    Everyone who has any permission may also view.
    """
    wanted = _known(permissions)
    app = lock_app(app, actor=actor, to_do=Action.MANAGE)
    user = User.objects.get(pk=user.pk)
    if user.pk == app.owner_id:
        raise OperationRefused(f"{user} owns {app} and may do all.", code="no_change")
    if not user.is_active:
        raise OperationRefused(f"{user} is deactivated and has no access.")
    now = timezone.now()
    access = app.accesses.filter(user=user).first() or Access(
        app=app, user=user, permissions=[], created_at=now
    )
    before = list(access.permissions)
    if before == wanted:
        raise OperationRefused(
            f"{user} has that access to {app} already.", code="no_change"
        )
    access.permissions, access.updated_at = wanted, now
    access.save()
    record_activity(
        app,
        actor=actor,
        kind=Activity.Kind.ACCESS_GIVEN,
        summary=f"Gave {user} access: {', '.join(wanted)}",
        detail={"user": user.email, "permissions": wanted, "before": before},
        at=now,
    )
    return access


@transaction.atomic
def take_access(*, app: App, user: User, actor: Actor) -> None:
    """Take all access of `user` to `app` away: others' as who manages it, one's own always.

    The owner's cannot be taken.
    """
    leaves = user.pk == actor.user.pk
    app = lock_app(app, actor=actor, to_do=Action.SEE if leaves else Action.MANAGE)
    access = app.accesses.filter(user=user).first()
    if access is None:
        raise OperationRefused(
            f"{user} has no access to {app} that was given.", code="no_change"
        )
    access.delete()
    record_activity(
        app,
        actor=actor,
        kind=Activity.Kind.ACCESS_TAKEN,
        summary="Left the app" if leaves else f"Took the access of {user} away",
        detail={"user": user.email, "before": access.permissions},
    )


def _known(permissions: Iterable[str]) -> list[str]:
    asked = {*permissions, Permission.VIEW.value}
    unknown = sorted(asked - set(Permission.values))
    if unknown:
        raise OperationRefused(
            f"{unknown[0][:40]!r} is no permission; there are"
            f" {', '.join(Permission.values)}.",
            code="invalid",
        )
    return [value for value in Permission.values if value in asked]
