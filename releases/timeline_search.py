"""Which lines of a timeline have some words: a bounded number of them is looked through."""

from dataclasses import dataclass
from datetime import datetime

from releases.timeline_scans import NEWEST_FIRST, Sql, rows

# Of as many lines a page is searched for, and then of as many more.
SEARCHED = 2_000
EVERY_LINE = Sql("TRUE")
APP_NAME = "(SELECT name FROM releases_app WHERE id = line.app_id)"
# What the line says of what was done; keys stand in its detail, values nowhere.
TEXT = """concat_ws(' ',
    line.summary, line.detail - '{kind,status}'::text[], 'v' || release.version,
    release.reason, release.incident_url,
    slug.commit, slug.commit_title, slug.commit_author, {app})"""


@dataclass(frozen=True)
class Reached:
    """The last line that a search looked at, where it did not come to the end."""

    line: int
    at: datetime


def search(
    lines: Sql,
    words: str,
    *,
    visible: Sql = EVERY_LINE,
    names_apps: bool = False,
    limit: int,
) -> tuple[Sql, Reached | None]:
    """Return the newest ids of `lines` that have all `words`, and how far that looked.

    `lines` is SQL for the ids of SEARCHED lines at most, and `visible` says of
    `line.app_id` whether it is wanted. Case makes no difference. Where a line names its
    app, that is among what it has.
    """
    text = TEXT.replace("{app}", APP_NAME if names_apps else "NULL")
    found = Sql(
        f"""WITH searched AS MATERIALIZED (SELECT id FROM ({lines.text}) AS line)
        SELECT
            ARRAY(
                SELECT line.id FROM searched
                JOIN releases_activity AS line USING (id)
                LEFT JOIN releases_release AS release ON release.id = line.release_id
                LEFT JOIN releases_slug AS slug ON slug.id = release.slug_id
                WHERE {text} ILIKE ALL (%s) AND {visible.text} {NEWEST_FIRST}
            ),
            count(*), min(id),
            (SELECT created_at FROM releases_activity
             WHERE id = (SELECT min(id) FROM searched))
        FROM searched""",  # noqa: S608
        (*lines.values, _patterns(words), *visible.values, limit),
    )
    [(ids, count, lowest, at)] = rows(found)
    reached = Reached(lowest, at) if count >= SEARCHED else None
    return Sql("SELECT unnest(%s::bigint[])", (ids,)), reached


def _patterns(words: str) -> list[str]:
    escapes = str.maketrans({special: f"\\{special}" for special in "\\%_"})
    return [f"%{word.translate(escapes)}%" for word in words.split()]
