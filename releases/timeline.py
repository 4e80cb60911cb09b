"""The timeline: what happened to an app, or to all that a person may see, in pages.

A page costs the same wherever in a history it is, and whatever is asked for.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, cast

from django.db.models import Case, Exists, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Left

from releases.actors import Actor
from releases.models import Activity, App, Mark, Release, ReleaseOutput
from releases.sight import Sight, person
from releases.timeline_people import people_meant
from releases.timeline_scans import (
    HIGHEST_ID,
    IN_APPS,
    Sql,
    Wanted,
    bounds,
    newest,
    newest_of_app,
    newest_of_apps,
    rows,
    scan_of_newest,
    these,
)
from releases.timeline_search import SEARCHED, Reached, search

PAGE = 50
FAILURE_LIMIT = 500

Topic = Activity.Topic
NOT_SHOWN = [
    "release__addon_plan_names",
    "release__idempotency_key",
    "release__request_hash",
    "release__slug__commits",
    "release__slug__process_types",
    "release__slug__created_at",
    "release__slug__sealed_at",
    *(
        f"release__restores__{field.name}"
        for field in Release._meta.concrete_fields
        if field.name not in {"id", "version"}
    ),
]
NOT_SHOWN_OF_APPS = ["app__data_key", "app__data_key_wrapped_by", "app__kept_keys"]


@dataclass(frozen=True)
class Filter:
    """What a timeline is narrowed to; no topics are all but the background.

    `person` is an e-mail, or parts of e-mails and names, in any case; times run from
    `since`, inclusive, to `until`, exclusive. A line has to have all of the `words`,
    somewhere.
    """

    topics: frozenset[Topic] = frozenset()
    person: str = ""
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""

    def __bool__(self) -> bool:
        return self != Filter()


EVERYTHING = Filter(topics=frozenset(Topic))


if TYPE_CHECKING:

    class Line(Activity):
        """An activity with what `_ready` notes on it."""

        release_is_bad: bool
        release_is_pinned: bool
        failure: str

        class Meta:
            abstract = True


@dataclass(frozen=True)
class Page:
    """Lines of a timeline, newest first; `older` is where the next page begins, if any.

    A search that has not come to the end says back to when it `searched`; where the
    person of a filter is nobody, or too many are, `nobody` says so.
    """

    activities: Sequence["Line"]
    older: int | None
    searched: datetime | None = None
    nobody: str = ""


def timeline_of(
    app: App,
    *,
    only: Filter = Filter(),
    before: int | None = None,
    after: int | None = None,
    size: int = PAGE,
) -> Page:
    """Return a page of the timeline of `app`, which `find_app` gave.

    `before` is the `older` of the page before it, and `after` the newest line of one
    that is to be followed. Each line comes ready to show, see `_ready`; the dates take
    a statement more, and so does a part of an e-mail.
    """
    meant = people_meant(only.person, among=Sql("app_id = %s", (app.pk,)))
    if meant.nobody:
        return Page([], None, nobody=meant.nobody)
    wanted = replace(_wanted(only, before, after), people=meant.ids)
    if only.since or only.until:
        found = bounds(wanted, app_id=app.pk)
        [(lowest, highest)] = rows(Sql(f"SELECT {found.text}", found.values))
        wanted = wanted.between(lowest, highest)
    limit, reached = size + 1, None
    if only.words:
        lines = newest_of_app(app.pk, wanted, limit=SEARCHED)
        matching, reached = search(lines, only.words, limit=limit)
        ids = these(matching)
    else:
        ids = newest_of_app(app.pk, wanted, limit=limit)
    ready = _ready(ids)
    for line in ready:
        line.app = app
    return _page(ready, size, reached)


def cursor_at(app: App, number: int) -> int | None:
    """Return the cursor to what came before line `number` of `app`, None for all."""
    lines = app.activities.filter(sequence=number)
    return lines.values_list("pk", flat=True).first()


def timeline_over_apps(
    actor: Actor,
    *,
    only: Filter = Filter(),
    before: int | None = None,
    after: int | None = None,
    size: int = PAGE,
) -> Page:
    """Return a page of the timeline of all live apps that `actor` may see.

    Whoever has few apps, or many that were quiet while those of others were not, has
    each looked at; for all others the newest lines over all apps are enough. Lines
    outside any app are not on it.
    """
    wanted = _wanted(only, before, after)
    who, dates = person(actor), bounds(wanted)
    seen = rows(
        Sql(
            f"SELECT who.*, {dates.text} FROM ({who.text}) AS who",  # noqa: S608
            dates.values + who.values,
        )
    )
    if not seen:
        return Page([], None)
    [(sees_all, first, lowest, highest)] = seen
    sight = Sight.of_all() if sees_all else Sight.of(actor.user.pk, first)
    mine = sight.apps.text
    among = Sql(f"app_id IN ({mine})", sight.apps.values) if sight.is_few else IN_APPS
    meant = people_meant(only.person, among=among)
    if meant.nobody:
        return Page([], None, nobody=meant.nobody)
    wanted = replace(wanted.between(lowest, highest), people=meant.ids)
    if only.words:
        found, reached = _searched(sight, wanted, only.words, limit=size + 1)
        return _page(_ready(these(found), with_apps=True), size, reached)
    ids = newest_of_apps(sight.apps, wanted, limit=size + 1)
    if not sight.is_few:
        scan = scan_of_newest(sight.visible, wanted, limit=size + 1)
        [(found, is_enough)] = rows(scan)
        if is_enough:
            ids = these(found)
    return _page(_ready(ids, with_apps=True), size)


def last_activities(apps: Collection[App]) -> dict[uuid.UUID, Activity]:
    """Return the newest line of each app, by the app's id; what is background is none."""
    head = newest(_wanted(Filter(), None, None), among=Sql("app_id = app.id"), limit=1)
    ids = RawSQL(  # noqa: S611
        f"""SELECT head.id FROM unnest(%s::uuid[]) AS app(id)
        CROSS JOIN LATERAL ({head.text}) AS head""",  # noqa: S608
        ([app.pk for app in apps], *head.values),
    )
    found = Activity.objects.filter(pk__in=ids)
    return {activity.app_id: activity for activity in found if activity.app_id}


def _searched(
    sight: Sight, wanted: Wanted, words: str, *, limit: int
) -> tuple[list[int], Reached | None]:
    if sight.is_few:
        lines = newest_of_apps(sight.apps, wanted, limit=SEARCHED)
        return search(lines, words, names_apps=True, limit=limit)
    lines = newest(wanted, among=IN_APPS, limit=SEARCHED)
    return search(lines, words, visible=sight.visible, names_apps=True, limit=limit)


def _wanted(only: Filter, before: int | None, after: int | None) -> Wanted:
    return Wanted(
        topics=only.topics or frozenset(Topic) - {Topic.BACKGROUND},
        since=only.since,
        until=only.until,
        before=_possible(before),
        after=_possible(after),
    )


def _possible(cursor: int | None) -> int | None:
    """Return a cursor within what ids can be: others are of no index's type."""
    return None if cursor is None else min(max(cursor, 0), HIGHEST_ID)


def _ready(ids: Sql, *, with_apps: bool = False) -> list[Activity]:
    """Return the activities of some ids, newest first, each ready to show.

    With its release and whether that is marked, as `release_is_bad` and
    `release_is_pinned`, its slug, how it goes live, and the version it restores. `failure` is how the
    last line begins that a release printed which failed, else "".
    """
    wanted = RawSQL(ids.text, ids.values)  # noqa: S611
    return list(_all_ready(with_apps=with_apps).filter(pk__in=wanted))


# Building the query anew for each page takes a tenth of the page's time.
@cache
def _all_ready(*, with_apps: bool) -> QuerySet[Activity]:
    marks = Mark.objects.filter(release=OuterRef("release"), cleared_at=None)
    last_line = ReleaseOutput.objects.filter(release=OuterRef("release")).order_by(
        "-position"
    )
    failure = Subquery(last_line.values(beginning=Left("text", FAILURE_LIMIT))[:1])
    activities = (
        Activity.objects.select_related(
            "release__slug", "release__restores", "release__rollout"
        )
        .defer(*NOT_SHOWN)
        .annotate(
            release_is_bad=Exists(marks.filter(kind=Mark.Kind.BAD)),
            release_is_pinned=Exists(marks.filter(kind=Mark.Kind.PIN)),
            failure=Case(
                When(
                    release__status=Release.Status.FAILED,
                    then=Coalesce(failure, Value("")),
                ),
                default=Value(""),
            ),
        )
        .order_by("-id")
    )
    if with_apps:
        activities = activities.select_related("app").defer(*NOT_SHOWN_OF_APPS)
    return activities


def _page(lines: list[Activity], size: int, reached: Reached | None = None) -> Page:
    for line in lines:
        if line.release and line.app:
            line.release.app = line.app
    shown = cast("list[Line]", lines[:size])
    if len(lines) > size:
        return Page(shown, shown[-1].pk)
    return Page(shown, reached.line, reached.at) if reached else Page(shown, None)
