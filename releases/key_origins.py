"""Which release gave the keys that differ between two releases what they have since."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from releases.models import Release
from releases.plans import Plan
from releases.timeline_scans import Sql, rows

# What is equal for equal values, in those of the releases that have the key.
VALUES = """
    SELECT release.id, var.name, var.fingerprint
    FROM releases_release AS release
    JOIN releases_configset AS held ON held.id = release.config_set_id
    CROSS JOIN LATERAL unnest(held.var_ids) AS one(id)
    JOIN releases_configvar AS var ON var.id = one.id
    WHERE release.id = ANY(%s) AND var.name = ANY(%s)
"""


def key_origins(plan: Plan) -> Mapping[str, Release]:
    """Return for each key that differs the last release on the way that changed it.

    Releases that never went live changed nothing, but where they are compared
    themselves. Further back than the plan knows its releases none is named.
    """
    names = [change.name for change in plan.config]
    way = _way(plan)
    if not names or not way:
        return {}
    ids = [release.pk for release in way]
    values = {
        (release_id, name): fingerprint
        for release_id, name, fingerprint in rows(Sql(VALUES, (ids, names)))
    }
    found = {}
    for name in names:
        for newer, older in pairwise(way):
            if values.get((newer.pk, name)) != values.get((older.pk, name)):
                found[name] = newer
                break
    return found


def _way(plan: Plan) -> Sequence[Release]:
    """Return what went live from the newer release down to the older, both included."""
    if not plan.between:
        return []
    newest, *others = plan.between
    way = [newest, *(release for release in others if release.has_succeeded)]
    if plan.between_total == len(plan.between):
        way.append(min(plan.before, plan.target, key=lambda end: end.version))
    return way
