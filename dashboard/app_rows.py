"""The rows of the list of apps."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.conf import settings

from dashboard.people import person
from dashboard.times import Moment, counted, moment
from releases.app_list import DAYS, Day, ListedApp, days_of_releases, serving_states
from releases.models import Process
from releases.timeline import last_activities

State = Process.State

# Of the picture of the last days, in its own units.
DAY, BAR, GROUND, HIGHEST = 5, 3, 21, 15
# So that one release a day does not look like many.
AT_LEAST = 3


@dataclass(frozen=True)
class Sign:
    """A state in a word, with its class and its icon."""

    css: str
    icon: str
    words: str


@dataclass(frozen=True)
class Spark:
    """The releases of the last days as bars, and marks on days with a rollback."""

    words: str
    bars: Sequence[tuple[int, str, str]]
    marks: Sequence[str]


@dataclass(frozen=True)
class AppRow:
    """An app with what it runs, the last thing that happened to it, and how it fares."""

    name: str
    version: int
    sha: str
    last: str
    last_by: str
    last_at: Moment | None
    signs: Sequence[Sign]
    spark: Spark | None


def app_rows(listed: Sequence[ListedApp], now: datetime) -> list[AppRow]:
    """Return the rows of a page; how many they are changes no number of statements."""
    apps = [each.app for each in listed]
    last = last_activities(apps)
    days = days_of_releases(apps, now)
    states = serving_states(apps) if settings.ROLLBOOK_RUNTIME else {}
    rows = []
    for each in listed:
        app = each.app
        activity = last.get(app.pk)
        rows.append(
            AppRow(
                name=app.name,
                version=app.current_release.version,
                sha=str(app.current_release.slug or ""),
                last=activity.summary if activity else "",
                last_by=person(activity.actor_email).name if activity else "",
                last_at=moment(activity.created_at, now) if activity else None,
                signs=[*_signs(each, states.get(app.pk, Counter()))],
                spark=_spark(app.name, days.get(app.pk, {}), now.date()),
            )
        )
    return rows


def name_of(rows: Sequence[AppRow]) -> str:
    """Return a name for what a list shows of today, whatever the hour: another says other things."""
    said = [
        replace(row, spark=None, last_at=row.last_at and replace(row.last_at, ago=""))
        for row in rows
    ]
    return sha256(repr(said).encode()).hexdigest()[:16]


def _signs(listed: ListedApp, states: Counter[str]) -> Iterator[Sign]:
    """Give what is the matter with an app, and how it runs if that is not said yet."""
    app = listed.app
    newest = f"v{app.last_version}"
    if listed.has_crashed:
        yield Sign("bad", "warn", "Crashed")
    if listed.has_failed:
        yield Sign("bad", "x", f"{newest} failed")
    if listed.is_pending:
        yield Sign("warn", "clock", f"Releasing {newest}")
    if not (listed.has_crashed or listed.has_failed or listed.is_pending):
        yield _how_it_runs(listed, states)
    if app.is_held:
        yield Sign("warn", "lock", "Deploys held")
    if app.maintenance:
        yield Sign("warn", "warn", "Maintenance")


def _how_it_runs(listed: ListedApp, states: Counter[str]) -> Sign:
    if listed.app.current_release.slug_id is None:
        return Sign("off", "minus", "Not deployed")
    if not settings.ROLLBOOK_RUNTIME:
        # What is live runs elsewhere; how it fares there, nobody tells.
        return Sign("good", "check", "Live")
    if states[State.UP]:
        return Sign("good", "check", "Running")
    if states[State.STARTING]:
        return Sign("off", "clock", "Starting")
    return Sign("off", "minus", "Not running")


def _spark(name: str, days: Mapping[date, Day], today: date) -> Spark | None:
    first = today - timedelta(days=DAYS - 1)
    # Clocks that go ahead write releases of tomorrow.
    shown = {
        place: days[day]
        for place in range(DAYS)
        for day in [first + timedelta(days=place)]
        if day in days
    }
    if not shown:
        return None
    most = max(AT_LEAST, *(day.releases for day in shown.values()))
    heights = {place: HIGHEST * day.releases / most for place, day in shown.items()}
    went_back = [place for place, day in shown.items() if day.rollbacks]
    releases = counted(sum(day.releases for day in shown.values()), "release")
    days_back = counted(len(went_back), "day") if went_back else "no day"
    return Spark(
        words=f"{releases} of {name} in {DAYS} days, {days_back} with a rollback",
        bars=[
            (place * DAY, f"{GROUND - height:.1f}", f"{height:.1f}")
            for place, height in heights.items()
        ],
        marks=[f"M{place * DAY + BAR / 2} 23.5l3 4.5h-6z" for place in went_back],
    )
