"""Which commits lie between two slugs, as far as their deploys told."""

import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from releases.models import Slug

STEPS = 100

# From either slug to the commit of the slug before it, and on, until it is the other's.
WAYS = """
    WITH RECURSIVE way AS (
        SELECT seed.start, seed.goal, slug.app_id, slug.base_commit, slug.commits,
               slug.commits_total, 1 AS step
        FROM (VALUES (%s::uuid, %s), (%s::uuid, %s)) AS seed (start, goal)
        JOIN releases_slug AS slug ON slug.id = seed.start
      UNION ALL
        SELECT way.start, way.goal, way.app_id, earlier.base_commit, earlier.commits,
               earlier.commits_total, way.step + 1
        FROM way CROSS JOIN LATERAL (
            SELECT slug.base_commit, slug.commits, slug.commits_total FROM releases_slug AS slug
            WHERE slug.app_id = way.app_id AND slug.commit = way.base_commit
            ORDER BY slug.created_at DESC LIMIT 1
        ) AS earlier
        WHERE way.base_commit NOT IN ('', way.goal) AND way.step < %s
    )
    SELECT start, base_commit = goal, commits::text, commits_total FROM way ORDER BY start, step
"""

Commit = Mapping[str, str]


@dataclass(frozen=True)
class Commits:
    """Commits, newest first: `{"sha", "title", "author"}`. Of many not all are listed."""

    listed: Sequence[Commit] = ()
    total: int = 0


@dataclass(frozen=True)
class CommitChanges:
    """Commits that go away and that come back.

    `known` is False where the git history between the two was not at hand.
    """

    undone: Commits = Commits()
    redone: Commits = Commits()
    known: bool = True


def commit_changes(before: Slug | None, after: Slug | None) -> CommitChanges:
    """Return the commits between two slugs of one app, if one came from the other."""
    if before is None or after is None or not (before.commit and after.commit):
        return CommitChanges(known=before == after)
    if before.commit == after.commit:
        return CommitChanges()
    ways = _ways(before, after)
    if before.pk in ways:
        return CommitChanges(undone=ways[before.pk])
    if after.pk in ways:
        return CommitChanges(redone=ways[after.pk])
    return CommitChanges(known=False)


def _ways(before: Slug, after: Slug) -> dict[uuid.UUID, Commits]:
    """Return the commits from each slug down to the other, for those that get there."""
    with connection.cursor() as cursor:
        cursor.execute(WAYS, [before.pk, after.commit, after.pk, before.commit, STEPS])
        rows = cursor.fetchall()
    passed: dict[uuid.UUID, list[Commit]] = defaultdict(list)
    totals = Counter[uuid.UUID]()
    arrived = set()
    for start, arrives, commits, total in rows:
        passed[start].extend(json.loads(commits))
        totals[start] += total
        if arrives:
            arrived.add(start)
    return {start: Commits(passed[start], totals[start]) for start in arrived}
