"""What the Access page of an app shows: who may do what, in words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from releases.errors import OperationRefused
from releases.models import Access, App, User
from releases.permissions import Action
from releases.queries import people_of

Permission = Access.Permission
PEOPLE_SHOWN = 50


class PeopleForm(forms.Form):
    """Where in the list of people a page begins. What is malformed is all."""

    after = forms.EmailField(required=False)

    @property
    def cursor(self) -> str:
        self.is_valid()
        return str(self.cleaned_data.get("after", ""))


@dataclass(frozen=True)
class Tick:
    value: str
    words: str
    ticked: bool


@dataclass(frozen=True)
class Refused:
    """What was typed into which form of the page, and why nothing was done."""

    form: str
    typed: QueryDict
    why: OperationRefused

    @property
    def email(self) -> str:
        return self.typed.get("email", "")

    @property
    def ticks(self) -> Sequence[Tick]:
        return ticks(self.typed.getlist("permission"))

    @property
    def is_about_the_name(self) -> bool:
        return self.why.code == "confirmation_needed"


@dataclass(frozen=True)
class PersonRow:
    """Someone with access; where a change of it was refused, as it was ticked, and why."""

    email: str
    is_you: bool
    is_active: bool
    permissions: Sequence[Tick]
    may: Sequence[Tick]
    refusal: OperationRefused | None


def access_page(
    app: App,
    may: Collection[Action],
    user: User,
    *,
    after: str = "",
    refused: Refused | None = None,
) -> dict[str, Any]:
    found = list(people_of(app, after=after)[: PEOPLE_SHOWN + 1])
    people = [_row(access, user, refused) for access in found[:PEOPLE_SHOWN]]
    is_told = any(row.refusal for row in people)
    is_transfer = refused is not None and refused.form == "transfer"
    return {
        "nav": "apps",
        "tab": "access",
        "app": app,
        "people": people,
        "after": after,
        "more": people[-1].email if len(found) > PEOPLE_SHOWN else "",
        "may_manage": Action.MANAGE in may,
        "is_owner": app.owner_id == user.pk,
        "choices": ticks([]),
        "owner_keeps": _owner_keeps(app, user),
        "transfer": refused if is_transfer else None,
        # A person whose row is on another page is told about where access is given.
        "give": None if is_told or is_transfer else refused,
    }


def ticks(given: Collection[str]) -> list[Tick]:
    """Return all that one can be allowed; seeing the app goes with everything."""
    return [
        Tick(permission.value, str(permission.label), permission.value in given)
        for permission in Permission
    ]


def _owner_keeps(app: App, user: User) -> str:
    """Say what a transfer leaves to who owns the app now."""
    if user.pk != app.owner_id:
        return f"{app.owner.email} then keeps only what was given to them before"
    if user.is_superuser:
        return "You go on seeing it, as a superuser"
    given: list[str] | None = app.given  # type: ignore[attr-defined]  # open_app read it
    if given:
        return f"You then keep only what was given to you before: {', '.join(given)}"
    return "You will not see it any more"


def _row(access: Access, user: User, refused: Refused | None) -> PersonRow:
    email = access.user.email
    is_about = refused and refused.form == "person" and refused.email == email
    return PersonRow(
        email=email,
        is_you=access.user_id == user.pk,
        is_active=access.user.is_active,
        permissions=refused.ticks
        if refused and is_about
        else ticks(access.permissions),
        may=[tick for tick in ticks(access.permissions) if tick.ticked],
        refusal=refused.why if refused and is_about else None,
    )
