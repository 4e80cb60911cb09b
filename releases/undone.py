"""Which releases of a timeline a rollback undid."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from django.db import connection

from releases.models import Activity, Release
from releases.timeline_scans import Sql, rows

# How many rollbacks above a release are looked at, to know whether it is undone.
ROLLBACKS_ABOVE = 100
HIGHEST_VERSION = 2**31 - 1
# Each between a version on the page and the next one there. What a rollback restored
# is no join: statistics do not know how few there are.
ROLLBACKS = """
    SELECT rollback.*, (
        SELECT version FROM releases_release AS target
        WHERE target.id = rollback.restores_id)
    FROM unnest(%s::uuid[], %s::int[], %s::int[]) AS gap(app, lower, upper)
    CROSS JOIN LATERAL (
        SELECT app_id, id, version, restores_id FROM releases_release
        WHERE app_id = gap.app AND version > gap.lower AND version <= gap.upper
            AND kind = 'rollback' AND status IN ('succeeded', 'expired')
        ORDER BY version LIMIT %s
    ) AS rollback
    ORDER BY rollback.version DESC
"""


def undone_by(activities: Iterable[Activity]) -> dict[uuid.UUID, Release]:
    """Return the rollbacks that undid releases of `activities`, by the releases' ids.

    A rollback that went live undoes what it went over: the releases that had been live
    between the one it restored and itself. Among these may be rollbacks, and what they
    had undone is not undone any more. Each knows its version and the one it
    restores.

    At least the nearest ROLLBACKS_ABOVE rollbacks above each release are looked at. A
    release that only one further up went over is not said to be undone; and one of
    these still counts where only one further up undid it.
    """
    versions = defaultdict[uuid.UUID, dict[int, uuid.UUID]](dict)
    for activity in activities:
        release = activity.release
        if release and release.has_succeeded:
            versions[release.app_id][release.version] = release.pk
    undone: dict[uuid.UUID, Release] = {}
    if not versions:
        return undone
    for app_id, rollbacks in _rollbacks_above(versions).items():
        for rollback, target in _effective(rollbacks):
            undone |= {
                release_id: rollback
                for version, release_id in versions[app_id].items()
                if target < version < rollback.version
            }
    return undone


def _rollbacks_above(
    versions: Mapping[uuid.UUID, Collection[int]],
) -> Mapping[uuid.UUID, Sequence[Release]]:
    """Return the rollbacks near some versions of apps, newest first, by app."""
    apps, lower, upper = [], [], []
    for app_id, of_app in versions.items():
        for version, next_one in pairwise([*sorted(of_app), HIGHEST_VERSION]):
            apps.append(app_id)
            lower.append(version)
            upper.append(next_one)
    alias = connection.alias
    rollbacks = defaultdict[uuid.UUID, list[Release]](list)
    for app_id, release_id, version, restores_id, restored in rows(
        Sql(ROLLBACKS, (apps, lower, upper, ROLLBACKS_ABOVE))
    ):
        target = Release.from_db(alias, ["id", "version"], [restores_id, restored])
        rollback = Release.from_db(
            alias,
            ["id", "app_id", "version", "restores_id"],
            [release_id, app_id, version, restores_id],
        )
        rollback.restores = target
        rollbacks[app_id].append(rollback)
    return rollbacks


def _effective(rollbacks: Iterable[Release]) -> Iterator[tuple[Release, int]]:
    """Give those of an app's `rollbacks` that were not undone, with where they went."""
    floor = HIGHEST_VERSION
    for rollback in rollbacks:
        if rollback.version <= floor and rollback.restores:
            floor = rollback.restores.version
            yield rollback, floor
