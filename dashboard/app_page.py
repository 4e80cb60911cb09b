"""What the Activity page of an app says above its timeline."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.people import person
from dashboard.running_words import Tally, tallies_of
from dashboard.times import Moment, moment
from releases.live import Running
from releases.models import Activity, App, Release, User

KEYS_IN_A_TITLE = 3
MANY_KEYS = re.compile(r"(?P<all>\w+(?:, \w+){4,})(?: and (?P<more>\d+) more)?")


@dataclass(frozen=True)
class Current:
    """The current release in words."""

    version: int
    title: str
    sha: str
    note: str
    who: str
    since: Moment
    process_types: str
    tallies: Sequence[Tally] = ()


@dataclass(frozen=True)
class Made:
    """A rollback that was just made; `undo` is the version that takes it back, if any."""

    title: str
    sentence: str
    is_live: bool
    undo: int | None


def current_words(app: App, now: datetime, running: Running | None = None) -> Current:
    release = app.current_release
    slug = release.slug
    return Current(
        version=release.version,
        title=short_title(release),
        sha=slug.commit[:7] if slug else "",
        note=release.reason or (slug.commit_title if slug else ""),
        who=person(release.actor_email).name,
        since=moment(release.settled_at or release.created_at, now),
        process_types=", ".join(sorted(slug.process_types)) if slug else "",
        tallies=tallies_of(running) if running else (),
    )


def short_title(release: Release) -> str:
    """Say what a release did, without the commit, which stands beside it."""
    if release.slug and release.description == f"Deploy {release.slug}":
        return "Deploy"
    return few_keys(release)


def few_keys(release: Release) -> str:
    """Return the description of a release, of many config keys with the first few only.

    All of them stand in what it changed; a heading of twenty hides what is below.
    """
    if release.kind != Release.Kind.CONFIG:
        return release.description
    return MANY_KEYS.sub(_first_of, release.description)


def _first_of(names: re.Match[str]) -> str:
    shown = names["all"].split(", ")
    more = len(shown) - KEYS_IN_A_TITLE + int(names["more"] or 0)
    return f"{', '.join(shown[:KEYS_IN_A_TITLE])} and {more} more"


def made_words(
    app: App, activities: Sequence[Activity], version: str, user: User
) -> Made | None:
    """Say what the rollback `version` did, to who made it, while nothing came after it."""
    releases = [
        line.release
        for line in activities
        if line.release and line.kind == Activity.Kind.RELEASE_CREATED
    ]
    if not (releases and re.fullmatch(r"v\d+", version)):
        return None
    made, *earlier = releases
    if str(made) != version or made.actor_id != user.pk or made.restores is None:
        return None
    before = next((release for release in earlier if release.has_succeeded), None)
    is_live = made.pk == app.current_release_id
    return Made(
        title=f"Rolled back to {made.restores}. {made} is"
        f" {'live' if is_live else made.status}.",
        sentence=ran_words(made),
        is_live=is_live,
        undo=before.version if before and is_live else None,
    )


def ran_words(made: Release) -> str:
    """Say what a rollback runs, and what it left alone."""
    commit = made.slug.commit[:7] if made.slug else ""
    code = f"commit {commit}" if commit else "the code"
    ran = {
        Release.Scope.EVERYTHING: f"It runs {code} {'with' if commit else 'and'} the"
        f" config vars of {made.restores}.",
        Release.Scope.CODE: f"It runs {code} of {made.restores}; the config vars stayed.",
        Release.Scope.CONFIG: f"It runs the config vars of {made.restores}; the code"
        " stayed.",
    }[Release.Scope(made.scope)]
    return f"{ran} Add-ons, databases and access were not touched."


def undid_words(restored: int, version: int) -> str:
    """Say which releases a rollback to `restored` went over."""
    between = range(restored + 1, version)
    if not between:
        return ""
    if len(between) == 1:
        return f"Undid v{between[0]}"
    joined = "and" if len(between) == 2 else "to"  # noqa: PLR2004
    return f"Undid v{between[0]} {joined} v{between[-1]}"
