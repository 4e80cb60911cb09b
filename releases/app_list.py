"""The list of apps: those that need somebody first, then all others by name.

What needs somebody is found by what is the matter, through indexes that hold nothing
else, so that a page costs the same however many apps there are, and however long their
histories.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import TruncDate

from releases.actors import Actor
from releases.models import App, Process, Release
from releases.queries import WENT_LIVE, visible_apps

PAGE = 50
# A release that failed longer ago, with nothing made since, needs nobody any more.
FAILED_LATELY = timedelta(days=30)
DAYS = 30


@dataclass(frozen=True)
class Cursor:
    """The last app of a page: how much it needs somebody, less the higher, and its name."""

    need: int
    name: str


@dataclass(frozen=True)
class ListedApp:
    app: App
    need: int
    has_crashed: bool = False
    has_failed: bool = False
    is_pending: bool = False


@dataclass(frozen=True)
class AppPage:
    apps: Sequence[ListedApp]
    more: Cursor | None


@dataclass
class Day:
    releases: int = 0
    rollbacks: int = 0


Ids = QuerySet[Process, tuple[uuid.UUID]]
CRASHED, FAILED, HELD, PENDING, NOTHING = range(1, 6)
BEGINNING = Cursor(0, "")


def apps_by_need(
    actor: Actor,
    *,
    now: datetime,
    search: str = "",
    after: Cursor = BEGINNING,
    size: int = PAGE,
) -> AppPage:
    """Return a page of the apps that `actor` may see and whose names hold `search`.

    First come those with a crashed process, then those whose last release failed, those
    whose deploys are held and those with a release on its way; among each by name.
    """
    apps = visible_apps(actor)
    if search:
        apps = apps.filter(name__contains=search.lower())
    needing = _needing(now - FAILED_LATELY)
    found: list[ListedApp] = []
    if after.need < NOTHING:
        found = [*map(_listed, _needy(apps, needing, now, after)[: size + 1])]
    if len(found) <= size:
        last = after.name if after.need == NOTHING else ""
        others = apps.exclude(pk__in=needing).filter(name__gt=last)
        rest = others.order_by("name")[: size + 1 - len(found)]
        found += [ListedApp(app, NOTHING) for app in rest]
    shown = found[:size]
    more = Cursor(shown[-1].need, shown[-1].app.name) if len(found) > size else None
    return AppPage(shown, more)


def _needing(failed_since: datetime) -> Ids:
    """Return the ids of all apps that need somebody, whoever may see them."""
    crashed = Process.objects.filter(state=Process.State.CRASHED)
    pending = Release.objects.filter(status=Release.Status.PENDING)
    held = App.objects.filter(held_at__isnull=False).order_by()
    return crashed.values_list("app").union(
        pending.order_by().values_list("app"),
        _failed(failed_since).order_by().values_list("app"),
        held.values_list("pk"),
    )


def _failed(since: datetime) -> QuerySet[Release]:
    """Return the releases that failed since, and are the last of their apps."""
    return Release.objects.filter(
        status=Release.Status.FAILED,
        created_at__gte=since,
        version=F("app__last_version"),
    )


def _needy(
    apps: QuerySet[App], needing: Ids, now: datetime, after: Cursor
) -> QuerySet[App]:
    """Return those of `apps` that need somebody, from `after` on."""
    of_app = {"app": OuterRef("pk")}
    crashed = Process.objects.filter(**of_app, state=Process.State.CRASHED)
    pending = Release.objects.filter(**of_app, status=Release.Status.PENDING)
    return (
        apps.filter(pk__in=needing)
        .annotate(
            has_crashed=Exists(crashed),
            has_failed=Exists(_failed(now - FAILED_LATELY).filter(**of_app)),
            is_pending=Exists(pending),
            need=Case(
                When(has_crashed=True, then=CRASHED),
                When(has_failed=True, then=FAILED),
                When(held_at__isnull=False, then=HELD),
                default=Value(PENDING),
                output_field=IntegerField(),
            ),
        )
        .filter(Q(need__gt=after.need) | Q(need=after.need, name__gt=after.name))
        .order_by("need", "name")
    )


def _listed(app: App) -> ListedApp:
    noted = {
        name: getattr(app, name)
        for name in ("need", "has_crashed", "has_failed", "is_pending")
    }
    return ListedApp(app, **noted)


def days_of_releases(
    apps: Collection[App], now: datetime
) -> dict[uuid.UUID, dict[date, Day]]:
    """Return how many releases each of `apps` had on each of the last DAYS days.

    Days are those of the time zone of `now`. The first release, which comes with the
    app, is none of them; a rollback counts as one once it is live.
    """
    first = now.date() - timedelta(days=DAYS - 1)
    rollback = Q(kind=Release.Kind.ROLLBACK, status__in=WENT_LIVE)
    counted = (
        Release.objects.filter(
            app__in=[app.pk for app in apps],
            created_at__gte=datetime.combine(first, time(), tzinfo=now.tzinfo),
        )
        .exclude(kind=Release.Kind.INITIAL)
        .annotate(day=TruncDate("created_at", tzinfo=now.tzinfo))
        .values_list("app", "day")
        .annotate(releases=Count("pk"), rollbacks=Count("pk", filter=rollback))
        .order_by()
    )
    found = defaultdict[uuid.UUID, dict[date, Day]](dict)
    for app_id, day, releases, rollbacks in counted:
        found[app_id][day] = Day(releases, rollbacks)
    return found


def serving_states(apps: Collection[App]) -> Mapping[uuid.UUID, Counter[str]]:
    """Return how many processes of each of `apps` are in each state, but for idle ones."""
    counted = (
        Process.objects.filter(app__in=[app.pk for app in apps])
        .exclude(state=Process.State.IDLE)
        .values_list("app", "state")
        .annotate(number=Count("pk"))
        .order_by()
    )
    found = defaultdict[uuid.UUID, Counter[str]](Counter)
    for app_id, state, number in counted:
        found[app_id][state] = number
    return found
