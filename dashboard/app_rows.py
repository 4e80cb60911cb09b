"""The rows of the list of apps."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.people import person
from dashboard.times import Moment, moment
from releases.models import Activity, App


@dataclass(frozen=True)
class AppRow:
    """An app with what it runs, and the last thing that happened to it."""

    name: str
    version: int
    sha: str
    is_deployed: bool
    last: str
    last_by: str
    last_at: Moment | None
    is_held: bool


def app_rows(
    apps: Sequence[App], last: Mapping[uuid.UUID, Activity], now: datetime
) -> list[AppRow]:
    rows = []
    for app in apps:
        activity = last.get(app.pk)
        slug = app.current_release.slug
        rows.append(
            AppRow(
                name=app.name,
                version=app.current_release.version,
                sha=slug.commit[:7] if slug else "",
                is_deployed=slug is not None,
                last=activity.summary if activity else "",
                last_by=person(activity.actor_email).name if activity else "",
                last_at=moment(activity.created_at, now) if activity else None,
                is_held=app.is_held,
            )
        )
    return rows
