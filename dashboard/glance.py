"""What an Overview tells beside what runs: the way back, who may what, what happened last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from dashboard.app_page import short_title
from dashboard.times import Moment, moment
from releases.models import AddOn, App, Release
from releases.queries import attached_addons, people_of
from releases.restoring import Scope
from releases.timeline import timeline_of
from releases.way_back import way_back

if TYPE_CHECKING:
    from releases.timeline import Line

ENTRIES, PEOPLE = 5, 6


@dataclass(frozen=True)
class Member:
    """Somebody with access, and what that allows, in words."""

    email: str
    permissions: str


@dataclass(frozen=True)
class Glance:
    """`good` is the last known good release, if there is one; its code alone, maybe."""

    good: Release | None
    is_code_only: bool
    good_title: str
    good_since: Moment | None
    addons: Sequence[AddOn]
    people: Sequence[Member]
    has_more_people: bool


def glance_at(app: App, now: datetime) -> Glance:
    way = way_back(app)
    good = way.target if way else None
    people = [
        Member(access.user.email, ", ".join(access.permissions))
        for access in people_of(app)[: PEOPLE + 1]
    ]
    return Glance(
        good=good,
        is_code_only=way is not None and way.scope == Scope.CODE,
        good_title=short_title(good) if good else "",
        good_since=moment(good.settled_at or good.created_at, now) if good else None,
        addons=list(attached_addons(app)),
        people=people[:PEOPLE],
        has_more_people=len(people) > PEOPLE,
    )


def latest_of(app: App) -> Sequence["Line"]:
    """Return the newest lines of the timeline of `app`."""
    return timeline_of(app, size=ENTRIES).activities
