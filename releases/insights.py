"""How often apps are deployed, how often that goes wrong, and how soon it is put right.

After DORA's metrics, as far as a ledger can know them: it knows what went live when,
what a rollback took back and what was marked bad. Whether anything was broken, and what
was mended by a deploy, it does not know.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from operator import attrgetter
from statistics import median
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import TruncWeek

from releases.actors import Actor
from releases.models import App, Mark, Release
from releases.queries import WENT_LIVE, visible_apps
from releases.repairs import Repair, Rollback, repairs
from releases.timeline_scans import Sql, rows

Kind, Status = Release.Kind, Release.Status

DEPLOYS = [Kind.DEPLOY, Kind.PROMOTION]
ROLLBACKS_LISTED = 10
WEEK = timedelta(weeks=1)
STRETCHES = "unnest(%s::uuid[], %s::int[], %s::int[], %s::int[]) AS stretch(app, rollback, lower, upper)"
# A repair of nothing but another rollback has none. Each is looked up by its number: a
# join to all releases would read all of them.
FIRST_REPAIRED = f"""
    SELECT DISTINCT ON (rollback.id)
        rollback.id, rollback.created_at, rollback.settled_at - first.settled_at
    FROM {STRETCHES}
    CROSS JOIN LATERAL (
        SELECT version, settled_at FROM releases_release
        WHERE app_id = stretch.app AND version > stretch.lower
            AND version < stretch.upper AND status IN ('succeeded', 'expired')
            AND kind <> 'rollback'
        ORDER BY version LIMIT 1
    ) AS first
    CROSS JOIN LATERAL (
        SELECT id, created_at, settled_at FROM releases_release
        WHERE app_id = stretch.app AND version = stretch.rollback LIMIT 1
    ) AS rollback
    ORDER BY rollback.id, first.version
"""  # noqa: S608
# What lies in which stretch is asked of each deploy, once.
REPAIRED_DEPLOYS = f"""
    WITH repaired AS MATERIALIZED (
        SELECT app, range_agg(int4range(lower, upper, '()')) AS versions
        FROM {STRETCHES} GROUP BY app
    )
    SELECT release.id, release.created_at
    FROM repaired JOIN releases_release AS release ON release.app_id = repaired.app
    WHERE release.created_at >= %s AND release.version <@ repaired.versions
        AND release.status IN ('succeeded', 'expired')
        AND release.kind IN ('deploy', 'promotion')
"""  # noqa: S608


@dataclass
class Week:
    """What happened from a Monday on.

    `deploys` went live, and `regretted` of them were undone by a rollback since, or are
    marked bad; `never_live` are the deploys that failed. `restores` says of the rollbacks
    of the week that undid something how long the first of that had been live.
    """

    starts: date
    deploys: int = 0
    regretted: int = 0
    never_live: int = 0
    rollbacks: int = 0
    restores: list[timedelta] = field(default_factory=list)


@dataclass(frozen=True)
class Span:
    """Some weeks, oldest first, and what they come to."""

    weeks: Sequence[Week]

    @property
    def deploys(self) -> int:
        return sum(week.deploys for week in self.weeks)

    @property
    def regretted(self) -> int:
        return sum(week.regretted for week in self.weeks)

    @property
    def rollbacks(self) -> int:
        return sum(week.rollbacks for week in self.weeks)

    @property
    def restores(self) -> list[timedelta]:
        return [took for week in self.weeks for took in week.restores]

    @property
    def failure_rate(self) -> float | None:
        """Return the part of the deploys that was regretted, None without any."""
        return self.regretted / self.deploys if self.deploys else None

    @property
    def time_to_restore(self) -> timedelta | None:
        seconds = [took.total_seconds() for took in self.restores]
        return timedelta(seconds=median(seconds)) if seconds else None


@dataclass(frozen=True)
class Restored:
    """A rollback that went live, with its app; `took` is None where it repaired nothing."""

    release: Release
    took: timedelta | None


@dataclass(frozen=True)
class Insights:
    """The weeks up to now, of which the last is not over, as many before, and rollbacks."""

    now: Span
    before: Span
    latest: Sequence[Restored]

    @property
    def whole(self) -> Span:
        """Return the weeks that are over."""
        return Span(self.now.weeks[:-1])


def insights(
    actor: Actor, *, weeks: int, now: datetime, app: App | None = None
) -> Insights:
    """Return the insights of an app that `open_app` gave, or of all that `actor` may see.

    Weeks begin on Mondays, in the time zone of `now`. What is read is bounded by the
    period, however long the history is.
    """
    monday = now.date() - timedelta(days=now.weekday())
    found = {
        starts: Week(starts)
        for number in range(1 - 2 * weeks, 1)
        for starts in [monday + number * WEEK]
    }
    since = datetime.combine(next(iter(found)), time(), tzinfo=now.tzinfo)
    among: Iterable[App] = [app] if app else visible_apps(actor)
    releases = Release.objects.filter(app__in=among, created_at__gte=since)

    def week_of(moment: datetime) -> Week:
        day = moment.astimezone(now.tzinfo).date()
        # Clocks that go ahead write a line for a week that has not begun.
        return found[min(day - timedelta(days=day.weekday()), monday)]

    _count(releases, found, now)
    made = _repairs(releases)
    for created_at in _regretted(releases, made, since):
        week_of(created_at).regretted += 1
    took = {}
    for rollback_id, created_at, time_to_restore in _times_to_restore(made):
        took[rollback_id] = time_to_restore
        week_of(created_at).restores.append(time_to_restore)
    in_order = list(found.values())
    period = datetime.combine(in_order[weeks].starts, time(), tzinfo=now.tzinfo)
    return Insights(
        now=Span(in_order[weeks:]),
        before=Span(in_order[:weeks]),
        latest=[
            Restored(release, took.get(release.pk))
            for release in _latest(releases.filter(created_at__gte=period))
        ],
    )


def _count(releases: QuerySet[Release], weeks: dict[date, Week], now: datetime) -> None:
    """Add how many deploys and rollbacks each week had."""
    counted = (
        releases.filter(kind__in=[*DEPLOYS, Kind.ROLLBACK])
        .exclude(status=Status.PENDING)
        .annotate(week=TruncWeek("created_at", tzinfo=now.tzinfo))
        .values_list("week", "kind", "status")
        .annotate(number=Count("pk"))
        .order_by()
    )
    newest = max(weeks)
    for starts, kind, status, number in counted:
        week = weeks[min(starts.date(), newest)]
        went_live = status in WENT_LIVE
        if kind == Kind.ROLLBACK:
            week.rollbacks += number if went_live else 0
        elif went_live:
            week.deploys += number
        else:
            week.never_live += number


def _repairs(releases: QuerySet[Release]) -> list[Repair]:
    # A join to what they restored would read all releases there are.
    restored = Release.objects.filter(pk=OuterRef("restores")).values("version")
    rollbacks = (
        releases.filter(kind=Kind.ROLLBACK, status__in=WENT_LIVE)
        .order_by("app", "-version")
        .values_list("app", "version", Subquery(restored))
    )
    of_apps = groupby(map(Rollback._make, rollbacks), key=attrgetter("app_id"))
    return [repair for _, of_app in of_apps for repair in repairs(of_app)]


def _regretted(
    releases: QuerySet[Release], made: Sequence[Repair], since: datetime
) -> Iterable[datetime]:
    """Return when each deploy was made that was undone since, or is marked bad."""
    deploys = releases.filter(kind__in=DEPLOYS, status__in=WENT_LIVE)
    bad = deploys.filter(marks__kind=Mark.Kind.BAD, marks__cleared_at=None)
    found: dict[uuid.UUID, datetime] = dict(bad.values_list("pk", "created_at"))
    if made:
        found |= dict(rows(Sql(REPAIRED_DEPLOYS, (*_stretches(made), since))))
    return found.values()


def _times_to_restore(
    made: Sequence[Repair],
) -> Iterator[tuple[uuid.UUID, datetime, timedelta]]:
    """Give the rollbacks that undid something, and how long the first of that was live.

    With when each was made.
    """
    found = rows(Sql(FIRST_REPAIRED, _stretches(made))) if made else ()
    for rollback_id, created_at, took in found:
        # Clocks may differ; nothing is repaired before it broke.
        yield rollback_id, created_at, max(took, timedelta())


def _stretches(made: Sequence[Repair]) -> tuple[list[Any], ...]:
    found = [
        (repair.rollback.app_id, repair.rollback.version, lower, upper)
        for repair in made
        for lower, upper in repair.stretches
    ]
    return tuple(map(list, zip(*found, strict=True))) if found else ([],) * 4


def _latest(releases: QuerySet[Release]) -> QuerySet[Release]:
    rollbacks = releases.filter(kind=Kind.ROLLBACK, status__in=WENT_LIVE)
    in_order = rollbacks.order_by("-created_at", "-version")
    # Joined to what is listed alone.
    listed = Release.objects.filter(pk__in=in_order.values("pk")[:ROLLBACKS_LISTED])
    return listed.select_related("app", "restores").order_by("-created_at", "-version")
