"""What the page of one config key shows: what it is now, and all that happened to it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.masked import Masked
from dashboard.people import person
from dashboard.plan_words import SIGNS
from dashboard.times import Moment, moment
from releases.config import KeyChange
from releases.key_history import KeyLine, key_history
from releases.models import Activity, App, ConfigVar, Release
from releases.permissions import Action
from releases.queries import config_of, find_release

Kind = Activity.Kind
WORDS = {
    KeyChange.ADDED: "Added",
    KeyChange.CHANGED: "New value",
    KeyChange.REMOVED: "Removed",
    KeyChange.KEPT: "Left as it was",
}
# Of lines that are no release.
OTHER_WORDS = {
    Kind.KEY_KEPT: "Kept across rollbacks from then on",
    Kind.KEY_UNKEPT: "Goes back with the others from then on",
    Kind.VALUES_LOST: "Every value of before was lost with the master key",
}


@dataclass(frozen=True)
class KeyEntry:
    """One line of the history: a sign and words, who and when, and what can be done.

    `masked` is the value that the key got then, where it is there and not the current one.
    """

    css: str
    sign: str
    words: str
    release: Release | None
    note: str
    who: str
    at: Moment
    is_erased: bool
    is_current: bool
    masked: Masked | None
    can_erase: bool


@dataclass(frozen=True)
class Now:
    """What the key is set to now: whose it is, and since when."""

    masked: Masked
    who: str
    since: Moment
    addon: str


def key_page(
    app: App,
    name: str,
    *,
    may: Collection[Action],
    before: int | None,
    now: datetime,
) -> dict[str, Any]:
    """Return what the page shows of the key; lines of the history are those `before` one."""
    history = key_history(app, name, before=before)
    release = find_release(app)
    return {
        "nav": "apps",
        "tab": "config",
        "crumb": name,
        "app": app,
        "release": release,
        "name": name,
        "current": _now(release, name, may, now),
        "is_kept": name in app.kept_keys,
        "may_configure": Action.CONFIGURE in may,
        "entries": [_entry(line, name, may, now) for line in history.lines],
        "older": history.older,
        "is_newest": before is None,
    }


def _now(
    release: Release, name: str, may: Collection[Action], now: datetime
) -> Now | None:
    found = config_of(release).filter(name=name).select_related("created_by")
    var: ConfigVar | None = found.first()
    if var is None:
        return None
    return Now(
        masked=_masked(release, name, may),
        who=person(var.created_by.email).name,
        since=moment(var.created_at, now),
        addon=str(var.addon) if var.addon else "",
    )


def _masked(release: Release, name: str, may: Collection[Action]) -> Masked:
    return Masked(release=release, name=name, can_reveal=Action.CONFIGURE in may)


def _entry(
    line: KeyLine, name: str, may: Collection[Action], now: datetime
) -> KeyEntry:
    activity, release = line.activity, line.activity.release
    css, sign = SIGNS[line.change] if line.change else ("kept", "·")
    is_set = line.has_value and line.change != KeyChange.KEPT
    is_old = is_set and not line.is_erased and not line.is_current
    return KeyEntry(
        css=css,
        sign=sign,
        words=_words(line),
        release=release,
        note=_note(activity),
        who=person(activity.actor_email).name,
        at=moment(activity.created_at, now),
        is_erased=is_set and line.is_erased,
        is_current=is_set and line.is_current,
        masked=_masked(release, name, may) if is_old and release else None,
        can_erase=is_old and Action.MANAGE in may,
    )


def _words(line: KeyLine) -> str:
    activity, release = line.activity, line.activity.release
    if line.change is None:
        if activity.kind == Kind.VALUE_ERASED:
            return f"Erased the value that it had in {release}"
        return OTHER_WORDS[Kind(activity.kind)]
    words = WORDS[line.change]
    if release and release.restores:
        return f"{words} by the rollback to {release.restores}"
    if addon := activity.detail.get("addon"):
        return f"{words} with the add-on {addon}"
    return words


def _note(activity: Activity) -> str:
    """Say why, and whether it came to anything."""
    release = activity.release
    if release is None or activity.kind != Kind.RELEASE_CREATED:
        return ""
    notes: Sequence[str] = [
        "It failed, and never went live." if release.status == "failed" else "",
        "It is still pending." if release.status == "pending" else "",
        release.reason,
    ]
    return " ".join(note for note in notes if note)
