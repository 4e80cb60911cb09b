"""Lines that fulfil something, or have some words: a bounded number is looked through."""

from dataclasses import dataclass
from datetime import datetime

from releases.timeline_scans import NEWEST_FIRST, Sql, rows

# Of as many lines a page is searched for, and then of as many more.
SEARCHED = 2_000
EVERY_LINE = Sql("TRUE")
APP_NAME = "(SELECT name FROM releases_app WHERE id = line.app_id)"
# What the line says of what was done; keys stand in its detail, values nowhere.
TEXT = """concat_ws(' ',
    line.summary, line.detail - '{kind,status}'::text[],
    (SELECT concat_ws(' ', 'v' || release.version, release.reason, release.incident_url,
        slug.commit, slug.commit_title, slug.commit_author)
     FROM releases_release AS release
     LEFT JOIN releases_slug AS slug ON slug.id = release.slug_id
     WHERE release.id = line.release_id))"""


@dataclass(frozen=True)
class Reached:
    """The last line that was looked at, where that did not come to the end."""

    line: int
    at: datetime


def look_through(
    lines: Sql, condition: Sql, *, limit: int
) -> tuple[list[int], Reached | None]:
    """Return the newest ids of `lines` that fulfil a condition, and how far that looked.

    `lines` is SQL for the ids of SEARCHED lines at most; the condition is on `line`.
    """
    found = rows(
        Sql(
            f"""WITH searched AS MATERIALIZED (SELECT id FROM ({lines.text}) AS line)
            SELECT
                ARRAY(
                    SELECT line.id
                    FROM searched JOIN releases_activity AS line USING (id)
                    WHERE {condition.text} {NEWEST_FIRST}
                ),
                count(*), min(id),
                (SELECT created_at FROM releases_activity
                 WHERE id = (SELECT min(id) FROM searched))
            FROM searched""",  # noqa: S608
            (*lines.values, *condition.values, limit),
        )
    )
    [(ids, count, lowest, at)] = found
    return ids, Reached(lowest, at) if count >= SEARCHED else None


def search(
    lines: Sql,
    words: str,
    *,
    visible: Sql = EVERY_LINE,
    names_apps: bool = False,
    limit: int,
) -> tuple[list[int], Reached | None]:
    """Return the newest ids of `lines` that have all `words`, as `look_through` does.

    Case makes no difference. `visible` says of `line.app_id` whether it is wanted. Where
    a line names its app, that is among what it has.
    """
    text = f"concat_ws(' ', {TEXT}, {APP_NAME})" if names_apps else TEXT
    has_words = Sql(
        f"{text} ILIKE ALL (%s) AND {visible.text}",
        (patterns(words), *visible.values),
    )
    return look_through(lines, has_words, limit=limit)


def patterns(words: str) -> list[str]:
    """Return what a text is like that has all of the words."""
    escapes = str.maketrans({special: f"\\{special}" for special in "\\%_"})
    return [f"%{word.translate(escapes)}%" for word in words.split()]
