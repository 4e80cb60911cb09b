"""Who is meant by what somebody typed: of those who did anything, a bounded number."""

import re
from dataclasses import dataclass

from releases.timeline_scans import Sql, rows
from releases.timeline_search import patterns

WHOLE_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
# Of each the newest lines are looked up.
MOST = 10


@dataclass(frozen=True)
class People:
    """SQL for the id of each person meant; `nobody` says why there is none to look for."""

    ids: tuple[Sql, ...] = ()
    nobody: str = ""


def people_meant(typed: str, *, among: Sql) -> People:
    """Return who is meant by an e-mail, or by parts of e-mails and names, in any case.

    With parts of them these are people who did something `among` some lines; whoever
    did nothing that one may see is not told of.
    """
    typed = typed.strip().lower()
    if not typed:
        return People()
    if WHOLE_EMAIL.fullmatch(typed):
        return People(
            (Sql("(SELECT id FROM releases_user WHERE email = %s)", (typed,)),)
        )
    found = rows(
        Sql(
            f"""SELECT id FROM releases_user AS person
            WHERE concat_ws(' ', email, full_name) ILIKE ALL (%s) AND EXISTS (
                SELECT FROM releases_activity
                WHERE actor_id = person.id AND {among.text})
            LIMIT %s""",  # noqa: S608
            (patterns(typed), *among.values, MOST + 1),
        )
    )
    if not found:
        return People(
            nobody=f"Nobody whose e-mail or name has “{typed}” did anything here."
        )
    if len(found) > MOST:
        return People(
            nobody=f"More than {MOST} people have “{typed}” in their e-mail or name: type"
            " more of it."
        )
    return People(tuple(Sql("%s", person) for person in found))
