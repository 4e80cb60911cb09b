"""Which of all apps a person may see, as SQL: the rule of `queries.visible_apps`."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from releases.actors import Actor
from releases.timeline_scans import Sql

# Of somebody who sees no more, each app is looked at.
FEW_APPS = 100

LIVE = "SELECT id FROM releases_app WHERE deleted_at IS NULL"
OWNED = f"{LIVE} AND owner_id = %s"
GIVEN = """SELECT app.id
    FROM releases_access AS access JOIN releases_app AS app ON app.id = access.app_id
    WHERE access.user_id = %s AND app.deleted_at IS NULL"""
IS_LIVE = "(SELECT deleted_at IS NULL FROM releases_app WHERE id = line.app_id)"
# No join: so it is asked line by line, until enough are found.
IS_MINE = """(
    SELECT app.deleted_at IS NULL AND (app.owner_id = %s OR EXISTS (
        SELECT FROM releases_access AS access
        WHERE access.app_id = app.id AND access.user_id = %s))
    FROM releases_app AS app WHERE app.id = line.app_id)"""


@dataclass(frozen=True)
class Sight:
    """The live apps that somebody may see.

    `apps` selects their ids; `visible` says whether `line.app_id` is one of them.
    """

    apps: Sql
    visible: Sql
    is_few: bool

    @classmethod
    def of_all(cls) -> "Sight":
        return cls(Sql(LIVE), Sql(IS_LIVE), is_few=False)

    @classmethod
    def of(cls, user_id: uuid.UUID, first: Collection[uuid.UUID]) -> "Sight":
        """Return what a person sees, `first` being apps that `person` gave."""
        twice = (user_id, user_id)
        visible = Sql(IS_MINE, twice)
        if len(first) > FEW_APPS:
            return cls(Sql(f"{OWNED} UNION {GIVEN}", twice), visible, is_few=False)
        apps = Sql("SELECT unnest(%s::uuid[]) AS id", (list(set(first)),))
        return cls(apps, visible, is_few=True)


def person(actor: Actor) -> Sql:
    """Return SQL for whether `actor` sees all apps, and else the first of theirs.

    No row stands for nobody, and for those who were deactivated.
    """
    if actor.user.is_system:
        return Sql("SELECT TRUE, '{}'::uuid[]")
    # An owner with access beside it sees an app twice, so these may be fewer apps.
    return Sql(
        f"""SELECT is_superuser, CASE WHEN is_superuser THEN '{{}}' ELSE ARRAY(
                ({OWNED} LIMIT %s) UNION ALL ({GIVEN} LIMIT %s)
            ) END
        FROM releases_user WHERE id = %s AND is_active""",  # noqa: S608
        (*(actor.user.pk, FEW_APPS + 1) * 2, actor.user.pk),
    )
