"""Which lines a page of the timeline holds: SQL whose work no history makes longer.

The ORM cannot say it: every topic is a range of an index that is read from its newest
end, and merged with the others.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection

from releases.models import Activity

# By how much the clocks that lines were written by may have differed.
CLOCKS_DIFFER = "interval '1 hour'"
# How many of the newest lines are looked through for those that a person may see.
SCANNED = 2_000
NEWEST_FIRST = "ORDER BY id DESC LIMIT %s"
# The same within one topic, in words that only the index of topics can follow. Sorted by
# the id alone, all lines of everybody are read from the newest on, as soon as the planner
# takes those that are wanted for frequent there.
NEWEST_OF_TOPIC_FIRST = "ORDER BY topic DESC, id DESC LIMIT %s"
HIGHEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Sql:
    """A piece of SQL, and the values of its placeholders."""

    text: str
    values: tuple[Any, ...] = ()


def these(ids: Sequence[int]) -> Sql:
    return Sql("SELECT unnest(%s::bigint[])", (list(ids),))


# Lines that do not stand outside any app.
IN_APPS = Sql("sequence IS NOT NULL")


@dataclass(frozen=True)
class Wanted:
    """Which lines are asked for; ids lie between `after` and `before`, both exclusive.

    `people` is SQL for the id of each whose lines they are; none stands for anyone.
    """

    topics: Iterable[Activity.Topic]
    people: Sequence[Sql] = ()
    since: datetime | None = None
    until: datetime | None = None
    after: int | None = None
    before: int | None = None

    def between(self, after: int | None, before: int | None) -> "Wanted":
        """Narrow the ids; None is no bound."""
        lowest = [bound for bound in (self.after, after) if bound is not None]
        highest = [bound for bound in (self.before, before) if bound is not None]
        return replace(
            self,
            after=max(lowest, default=None),
            before=min(highest, default=None),
        )

    def conditions(self) -> Sql:
        """Return what each line must fulfil beside its person, its topic and its id."""
        conditions = [
            (condition, value)
            for condition, value in (
                ("created_at >= %s", self.since),
                ("created_at < %s", self.until),
            )
            if value is not None
        ]
        return Sql(
            "".join(f" AND {condition}" for condition, _ in conditions),
            tuple(value for _, value in conditions),
        )

    def ranges(self) -> list[Sql]:
        """Return the conditions of each range of an index that the lines lie in."""
        after = 0 if self.after is None else self.after
        before = HIGHEST_ID if self.before is None else self.before
        topics = [
            Sql(
                "(topic, id) > (%s, %s) AND (topic, id) < (%s, %s)",
                (topic.value, after, topic.value, before),
            )
            for topic in sorted(self.topics)
        ]
        if not self.people:
            return topics
        return [
            Sql(
                f"actor_id = {person.text} AND {topic.text}",
                (*person.values, *topic.values),
            )
            for person in self.people
            for topic in topics
        ]


def newest(wanted: Wanted, *, among: Sql, limit: int) -> Sql:
    """Return SQL for the newest lines that are `among` some, with their apps."""
    conditions, ranges = wanted.conditions(), wanted.ranges()
    of_each = [
        f"""(SELECT id, app_id FROM releases_activity
        WHERE {among.text} AND {each.text}{conditions.text} {NEWEST_OF_TOPIC_FIRST})"""  # noqa: S608
        for each in ranges
    ]
    values = (
        (*among.values, *each.values, *conditions.values, limit) for each in ranges
    )
    return Sql(
        f"SELECT id, app_id FROM ({' UNION ALL '.join(of_each)})"  # noqa: S608
        f" AS by_range {NEWEST_FIRST}",
        (*(value for each in values for value in each), limit),
    )


def newest_of_app(app_id: uuid.UUID, wanted: Wanted, *, limit: int) -> Sql:
    """Return SQL for the ids of the newest lines of one app."""
    found = newest(wanted, among=Sql("app_id = %s", (app_id,)), limit=limit)
    return Sql(f"SELECT id FROM ({found.text}) AS found", found.values)  # noqa: S608


def newest_of_apps(apps: Sql, wanted: Wanted, *, limit: int) -> Sql:
    """Return SQL for the ids of the newest lines of `apps`, which selects their ids.

    The newest lines of all are lines of those apps whose own newest one is the newest,
    and of no more apps than there are lines.
    """
    head = newest(wanted, among=Sql("app_id = app.id"), limit=1)
    lines = newest(wanted, among=Sql("app_id = busiest.id"), limit=limit)
    return Sql(
        f"""SELECT line.id
        FROM (
            SELECT app.id FROM ({apps.text}) AS app
            CROSS JOIN LATERAL ({head.text}) AS head
            ORDER BY head.id DESC LIMIT %s
        ) AS busiest
        CROSS JOIN LATERAL ({lines.text}) AS line
        ORDER BY line.id DESC LIMIT %s""",  # noqa: S608
        (*apps.values, *head.values, limit, *lines.values, limit),
    )


def scan_of_newest(visible: Sql, wanted: Wanted, *, limit: int) -> Sql:
    """Return SQL for ids among the SCANNED newest lines, and whether that is all there is.

    `visible` says of a line's `app_id` whether it is wanted.
    """
    scanned = newest(wanted, among=IN_APPS, limit=SCANNED)
    return Sql(
        f"""WITH found AS MATERIALIZED (
            SELECT ARRAY(
                SELECT id FROM ({scanned.text}) AS line
                WHERE {visible.text} {NEWEST_FIRST}
            ) AS ids
        )
        SELECT ids, CASE WHEN cardinality(ids) = %s THEN TRUE
            ELSE (SELECT count(*) FROM ({scanned.text}) AS line) < %s END
        FROM found""",  # noqa: S608
        (*scanned.values, *visible.values, limit, limit, *scanned.values, SCANNED),
    )


def bounds(wanted: Wanted, *, app_id: uuid.UUID | None = None) -> Sql:
    """Return SQL for two ids that lines of the wanted days lie between, each or NULL.

    With an app its own lines count, otherwise those of all.
    """
    since = _before_moment(wanted.since, f"- {CLOCKS_DIFFER}", app_id)
    until = _before_moment(wanted.until, f"+ {CLOCKS_DIFFER}", app_id)
    return Sql(f"{since.text}, {until.text} + 1", since.values + until.values)


def _before_moment(
    moment: datetime | None, shifted: str, app_id: uuid.UUID | None
) -> Sql:
    """Return SQL for the id of the last line before a moment, 0 if there is none.

    Lines come in the order of their times, but for what the clocks differed by; so it
    is found by halving, through the index of their numbers.
    """
    if moment is None:
        return Sql("NULL::bigint")
    number, lines, values = "id", "releases_activity", tuple[Any, ...]()
    if app_id:
        number, values = "sequence", (app_id,)
        lines = "(SELECT * FROM releases_activity WHERE app_id = %s)"
    found = Sql(
        f"""(WITH RECURSIVE halved(low, high) AS (
            SELECT 0::bigint, (SELECT max({number}) + 1 FROM {lines} AS line)
            UNION ALL
            SELECT
                CASE WHEN is_before THEN number ELSE low END,
                CASE WHEN is_before THEN high ELSE (low + high) / 2 END
            FROM halved LEFT JOIN LATERAL (
                SELECT {number} AS number,
                    created_at < %s::timestamptz {shifted} AS is_before
                FROM {lines} AS line WHERE {number} >= (low + high) / 2
                ORDER BY {number} LIMIT 1
            ) AS middle ON TRUE
            WHERE high - low > 1
        )
        SELECT low FROM halved ORDER BY high - low LIMIT 1)""",  # noqa: S608
        (*values, moment, *values),
    )
    if not app_id:
        return found
    # Lines are numbered from 1, so that 0 is no line.
    return Sql(
        f"""coalesce((SELECT id FROM releases_activity
            WHERE app_id = %s AND sequence = {found.text}), 0)""",  # noqa: S608
        (*values, *found.values),
    )


def rows(sql: Sql) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql.text, sql.values)
        return list(cursor.fetchall())
