"""What happened to one key of an app's config: who gave it a value, and in which release.

Lines of the ledger name the keys that they changed, but are found by topic and number
alone. So each page looks through a bounded number of them, whatever is on it.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from releases.config import KeyChange
from releases.errors import NotFound
from releases.models import Activity, App, Release
from releases.timeline_scans import Sql, Wanted, newest_of_app, rows
from releases.timeline_search import SEARCHED, look_through

PAGE = 50
TOPICS = (Activity.Topic.CONFIG, Activity.Topic.ROLLBACK, Activity.Topic.ADDON)
# Where the detail of a line names keys: in lists by what became of them, as the one
# key, or with how many of its values were lost.
NAMES_THE_KEY = " OR ".join(
    [
        *(f"line.detail->'{change}' ? %s" for change in KeyChange),
        "line.detail->>'key' = %s",
        "line.detail->'rows' ? %s",
    ]
)


@dataclass(frozen=True)
class KeyLine:
    """A line about the key. `change` is what its release did to it, if it is of one.

    The value that it has in that release may be erased, or be what it has now.
    """

    activity: Activity
    change: KeyChange | None
    has_value: bool = False
    is_erased: bool = False
    is_current: bool = False


@dataclass(frozen=True)
class KeyHistory:
    """A page, newest first; `older` is where the next one begins, if there is more."""

    lines: Sequence[KeyLine]
    older: int | None


def key_history(
    app: App, name: str, *, before: int | None = None, size: int = PAGE
) -> KeyHistory:
    """Return what happened to the key `name` of `app`, which `find_app` gave.

    A page may be short, even empty, and have an older one after it: then so many lines
    were looked through. Raises NotFound for a key that the app never had nor kept.
    """
    if name not in app.kept_keys and not _was_ever_set(app, name):
        raise NotFound(f"{app} never had a config var {name[:60]!r}.")
    wanted = Wanted(TOPICS, before=before)
    names_it = Sql(NAMES_THE_KEY, (name,) * NAMES_THE_KEY.count("%s"))
    ids, reached = look_through(
        newest_of_app(app.pk, wanted, limit=SEARCHED), names_it, limit=size + 1
    )
    lines = list(
        Activity.objects.filter(pk__in=ids)
        .select_related("release__restores")
        .order_by("-id")
    )
    shown = lines[:size]
    values = _values(app, name, [line.release for line in shown if line.release])
    older = reached.line if reached else None
    return KeyHistory(
        [_line(line, name, values, app.current_release_id) for line in shown],
        shown[-1].pk if len(lines) > size else older,
    )


def _was_ever_set(app: App, name: str) -> bool:
    # No text with a NUL is in the database, nor may it be asked for one.
    return "\0" not in name and app.config_vars.filter(name=name).exists()


# By the id of a release, of the value that the key has in it: what is equal for equal
# values, and whether it is erased.
Values = dict[uuid.UUID, tuple[str, bool]]


def _values(app: App, name: str, releases: Sequence[Release]) -> Values:
    ids = {app.current_release_id, *(release.pk for release in releases)}
    found = rows(
        Sql(
            """SELECT release.id, var.fingerprint, var.erased_at IS NOT NULL
            FROM releases_release AS release
            JOIN releases_configset AS held ON held.id = release.config_set_id
            CROSS JOIN LATERAL unnest(held.var_ids) AS one(id)
            JOIN releases_configvar AS var ON var.id = one.id
            WHERE release.id = ANY(%s) AND var.name = %s""",
            (list(ids), name),
        )
    )
    return {release: (fingerprint, erased) for release, fingerprint, erased in found}


def _line(activity: Activity, name: str, values: Values, current: uuid.UUID) -> KeyLine:
    if activity.kind != Activity.Kind.RELEASE_CREATED or activity.release_id is None:
        return KeyLine(activity, None)
    changes = (each for each in KeyChange if name in activity.detail.get(each, ()))
    value = values.get(activity.release_id)
    return KeyLine(
        activity,
        next(changes, None),
        has_value=value is not None,
        is_erased=value is not None and value[1],
        is_current=value is not None and value == values.get(current),
    )
