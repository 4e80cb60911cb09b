"""Who may do what to an app: the matrix, and the one place that asks it."""

from collections.abc import Sequence
from enum import Enum

from django.db import connection

from releases.actors import Actor
from releases.errors import NoSuchApp, NotAllowed
from releases.models import Access, App, User

Permission = Access.Permission

# Every operation and every page asks this; by hand it costs a fifth of the ORM's time.
GRANTED = """
    SELECT person.is_superuser, access.permissions
    FROM releases_user AS person
    LEFT JOIN releases_access AS access
        ON access.user_id = person.id AND access.app_id = %s
    WHERE person.id = %s AND person.is_active
"""


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
    with connection.cursor() as cursor:
        cursor.execute(GRANTED, [app.pk, actor.user.pk])
        row = cursor.fetchone()
    if row is None:
        return frozenset()
    is_superuser, given = row
    return permissions_of(actor, app, is_superuser=is_superuser, given=given)


def permissions_of(
    actor: Actor, app: App, *, is_superuser: bool, given: Sequence[str] | None
) -> frozenset[Permission]:
    """Return what an active person may do to `app`, by what the database says of them."""
    if is_superuser or app.owner_id == actor.user.pk:
        return frozenset(Permission)
    return frozenset(Permission(name) for name in given or [])


def allowed(permissions: frozenset[Permission]) -> frozenset[Action]:
    return frozenset(action for action in Action if permissions & action.allowed_by)


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


def no_such_app(name: str) -> NoSuchApp:
    return NoSuchApp(f"There is no app called {name}.")
