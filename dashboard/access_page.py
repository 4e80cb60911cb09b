"""What the Access page of an app shows: who may do what, in words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from releases.models import Access, App, User
from releases.permissions import Action
from releases.queries import people_of

Permission = Access.Permission
PEOPLE_SHOWN = 500


@dataclass(frozen=True)
class Tick:
    value: str
    words: str
    ticked: bool


@dataclass(frozen=True)
class PersonRow:
    email: str
    is_you: bool
    is_active: bool
    permissions: Sequence[Tick]

    @property
    def words(self) -> Sequence[str]:
        return [tick.words for tick in self.permissions if tick.ticked]


def access_page(app: App, may: Collection[Action], user: User) -> dict[str, Any]:
    people = [
        PersonRow(
            access.user.email,
            access.user_id == user.pk,
            access.user.is_active,
            ticks(access.permissions),
        )
        for access in people_of(app)[:PEOPLE_SHOWN]
    ]
    return {
        "nav": "apps",
        "tab": "access",
        "app": app,
        "people": people,
        "may_manage": Action.MANAGE in may,
        "is_owner": app.owner_id == user.pk,
        "choices": ticks([Permission.ROLLBACK]),
    }


def ticks(given: Collection[str]) -> list[Tick]:
    """Return all that one can be allowed; seeing the app goes with everything."""
    return [
        Tick(permission.value, str(permission.label), permission.value in given)
        for permission in Permission
    ]
