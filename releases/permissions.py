"""Who may do what to an app: the matrix, and the one place that asks it."""

from enum import Enum

from django.db.models import OuterRef, Subquery

from releases.actors import Actor
from releases.errors import NotAllowed, NotFound
from releases.models import Access, App, User

Permission = Access.Permission


class Action(Enum):
    """What people do to an app, each with the permissions that allow it."""

    SEE = ("see", frozenset(Permission))
    ROLL_BACK = (
        "roll back, mark or hold",
        frozenset({Permission.ROLLBACK, Permission.DEPLOY, Permission.OPERATE}),
    )
    CONFIGURE = (
        "see or change the config values and add-ons of",
        frozenset({Permission.DEPLOY, Permission.OPERATE}),
    )
    DEPLOY = ("deploy to", frozenset({Permission.DEPLOY}))
    OPERATE = ("operate", frozenset({Permission.OPERATE}))
    MANAGE = ("manage", frozenset({Permission.MANAGE}))

    def __init__(self, words: str, allowed_by: frozenset[Permission]) -> None:
        self.words = words
        self.allowed_by = allowed_by


def granted(actor: Actor, app: App) -> frozenset[Permission]:
    """Return what `actor` may do to `app`, read afresh: it may have changed meanwhile."""
    if actor.user.is_system:
        return frozenset(Permission)
    given = Access.objects.filter(app=app, user=OuterRef("pk")).values("permissions")
    user = (
        User.objects.filter(pk=actor.user.pk, is_active=True)
        .annotate(given=Subquery(given))
        .values_list("is_superuser", "given")
        .first()
    )
    if user is None:
        return frozenset()
    is_superuser, permissions = user
    if is_superuser or app.owner_id == actor.user.pk:
        return frozenset(Permission)
    return frozenset(Permission(name) for name in permissions or [])


def require(actor: Actor, app: App, action: Action) -> None:
    """Refuse what `actor` may not do; what they may not see does not exist for them."""
    permissions = granted(actor, app)
    if not permissions:
        raise no_such_app(app.name)
    if not permissions & action.allowed_by:
        needed = " or ".join(sorted(action.allowed_by))
        raise NotAllowed(
            f"{actor} may not {action.words} {app.name}: this needs the {needed}"
            " permission."
        )


def require_superuser(actor: Actor, to_do: str) -> None:
    """Refuse what only superusers, and the system, may do."""
    if actor.user.is_system:
        return
    if not User.objects.filter(
        pk=actor.user.pk, is_active=True, is_superuser=True
    ).exists():
        raise NotAllowed(f"{actor} may not {to_do}: only superusers may.")


def no_such_app(name: str) -> NotFound:
    return NotFound(f"There is no app called {name}.")
