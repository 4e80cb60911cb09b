"""Activities as the timeline shows them: every word, sign and time worked out once.

A page has many entries, and templates are the slow part of it: what they print is
prepared here, in plain attributes.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone

from dashboard.app_page import short_title, undid_words
from dashboard.people import Person, person, source_icon, source_words
from dashboard.times import Moment, counted, day_names, lasted, moment
from dashboard.way_words import in_a_line
from releases.formation import stopped_words
from releases.models import Activity, App, Release

if TYPE_CHECKING:
    from releases.timeline import Line

KEYS_SHOWN = 6
NOTE_LENGTH = 300
ICONS = {
    Activity.Topic.DEPLOY: "deploy",
    Activity.Topic.CONFIG: "config",
    Activity.Topic.ROLLBACK: "rollback",
    Activity.Topic.ADDON: "addon",
    Activity.Topic.ACCESS: "access",
    Activity.Topic.APP: "box",
    Activity.Topic.BACKGROUND: "clock",
}
# Each with its class, which draws its sign.
CHANGES = (("added", "add"), ("changed", "mod"), ("removed", "del"))
NOT_TOUCHED = {
    Activity.Topic.ADDON: "Kept: a rollback does not touch add-ons.",
    Activity.Topic.ACCESS: "Kept: a rollback does not touch access.",
}
Undone = Mapping[uuid.UUID, Release]


@dataclass(frozen=True, slots=True)
class Key:
    """A config key that an entry added, changed or removed."""

    css: str
    word: str
    name: str


@dataclass(slots=True)
class Entry:
    """One line of the timeline. Texts are plain, "" where there is nothing to say.

    `span` is this line's part of the bracket that leads from a rollback down to where
    it went: start, through or end.
    """

    anchor: str
    kind: str
    icon: str
    title: str
    who: Person
    source_icon: str
    source: str
    at: Moment
    day: date
    around: str
    app: str = ""
    app_url: str = ""
    url: str = ""
    version: str = ""
    state: str = ""
    step: str = ""
    sha: str = ""
    span: str = ""
    undone_by: str = ""
    undone_url: str = ""
    note: str = ""
    facts: str = ""
    incident: str = ""
    status: str = ""
    alarms: bool = False
    bad: bool = False
    pinned: bool = False
    keys: Sequence[Key] = ()
    more_keys: int = 0
    undo: str = ""
    undo_url: str = ""
    can_go: bool = False
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """The entries of one day; without a name it goes on from the page before."""

    name: str
    date: str
    iso: str
    span: str
    entries: Sequence[Entry]


@dataclass
class Shown:
    """What the entries of a page are judged by.

    `current` are the releases that run, and `runs` what that of the page's own app has,
    its code and its config by their ids. `lane` is the version that an open bracket
    leads to, from the page before. Lines after `new_after` have come while the page was
    open.
    """

    now: datetime
    current: Collection[uuid.UUID] = ()
    undone: Undone = field(default_factory=dict)
    brackets: bool = False
    lane: int | None = None
    may_roll_back: bool = False
    runs: tuple[uuid.UUID | None, uuid.UUID | None] = (None, None)
    names_apps: bool = False
    new_after: int | None = None


def entries_of(lines: Iterable["Line"], shown: Shown) -> list[Entry]:
    """Return the entries of `lines`, which come with their apps and releases."""
    entries = []
    for line in lines:
        entry = _entry(line, shown)
        release = line.release
        if release and line.kind == Activity.Kind.RELEASE_CREATED:
            _add_release(entry, line, release, shown)
        if shown.brackets:
            entry.span = _span(entry, release, shown)
            if entry.span in {"through", "end"} and not entry.facts:
                entry.facts = NOT_TOUCHED.get(Activity.Topic(line.topic), "")
        entries.append(entry)
    _offer_undo(entries, shown)
    return entries


def days_of(
    entries: Sequence[Entry], now: datetime, *, after: str = "", lane_open: bool = False
) -> list[Day]:
    """Group entries by day; `after` is the day, in ISO form, that the page before ended in."""
    days: list[Day] = []
    for day, group in groupby(entries, key=lambda entry: entry.day):
        of_day = list(group)
        name, words = day_names(day, timezone.localtime(now).date())
        goes_on = not days and day.isoformat() == after
        inside = of_day[0].span in {"through", "end"} and bool(days or lane_open)
        days.append(
            Day(
                name="" if goes_on else name,
                date=words,
                iso=day.isoformat(),
                span="through" if inside else "",
                entries=of_day,
            )
        )
    return days


def _entry(activity: Activity, shown: Shown) -> Entry:
    topic = Activity.Topic(activity.topic)
    detail = activity.detail
    app = activity.app if shown.names_apps else None
    at = moment(activity.created_at, shown.now)
    return Entry(
        anchor=f"a{activity.pk}",
        kind="addon" if topic == Activity.Topic.ADDON else topic.value,
        icon=ICONS[topic],
        title=activity.summary,
        who=person(activity.actor_email),
        source_icon=source_icon(activity.source),
        source=source_words(activity.source, activity.token_name),
        at=at,
        day=timezone.localtime(activity.created_at).date(),
        app=app.name if app else "",
        app_url=reverse("app_activity", args=[app.name]) if app else "",
        note=_note(str(detail.get("reason") or detail.get("message") or "")),
        around=f"{reverse('activity')}?around={at.iso}#a{activity.pk}",
        is_new=shown.new_after is not None and activity.pk > shown.new_after,
    )


def _add_release(entry: Entry, line: "Line", release: Release, shown: Shown) -> None:
    is_current = release.pk in shown.current
    undoing = shown.undone.get(release.pk)
    entry.version = str(release)
    entry.url = release_url(line.app, release.version)
    # Elsewhere the same number stands for many releases.
    entry.anchor = entry.anchor if shown.names_apps else entry.version
    entry.sha = _sha(release)
    entry.title = short_title(release)
    if undoing:
        entry.undone_by = str(undoing)
        entry.undone_url = release_url(line.app, undoing.version)
    entry.state = _state(release, undone=bool(undoing), is_current=is_current)
    entry.status = _status(line, release)
    entry.alarms = bool(entry.status) and release.status != Release.Status.EXPIRED
    entry.incident = release.incident_url
    entry.bad = line.release_is_bad
    entry.pinned = line.release_is_pinned
    entry.note = _note(release.reason)
    if release.slug and release.kind in {Release.Kind.DEPLOY, Release.Kind.PROMOTION}:
        entry.note = entry.note or _note(release.slug.commit_title)
        total = release.slug.commits_total
        entry.facts = counted(total, "commit") if total else ""
    entry.step, went = in_a_line(line.app, release)
    if release.restores:
        undid = undid_words(release.restores.version, release.version)
        entry.facts = ". ".join(filter(None, [undid, went]))
    entry.keys, entry.more_keys = _keys(line.detail)
    entry.can_go = (
        shown.may_roll_back
        and not is_current
        and (release.slug_id is not None or not shown.runs[0])
        and (release.slug_id, release.config_set_id) != shown.runs
        and release.status == Release.Status.SUCCEEDED
        # Its own page still leads there, and asks first.
        and not entry.bad
    )


def release_url(app: App | None, version: int) -> str:
    return reverse("release_detail", args=[app.name if app else "", version])


def _note(text: str) -> str:
    return text if len(text) <= NOTE_LENGTH else f"{text[: NOTE_LENGTH - 1]}…"


def _sha(release: Release) -> str:
    if release.slug is None or release.kind in {
        Release.Kind.CONFIG,
        Release.Kind.ADDON,
    }:
        return ""
    return str(release.slug)


def _state(release: Release, *, undone: bool, is_current: bool) -> str:
    if is_current:
        return "current"
    if release.status in {Release.Status.PENDING, Release.Status.FAILED}:
        return str(release.status)
    return "super" if undone else ""


def _status(line: "Line", release: Release) -> str:
    if release.status == Release.Status.EXPIRED:
        return "Its code was pruned"
    if release.status != Release.Status.FAILED or release.settled_at is None:
        return stopped_words(line.detail.get("stopped", []))
    took = lasted(release.settled_at - release.created_at)
    return f"Failed after {took}. {line.failure}".strip()


def _keys(detail: Mapping[str, Sequence[str]]) -> tuple[list[Key], int]:
    keys = [
        Key(css, word, name) for word, css in CHANGES for name in detail.get(word) or ()
    ]
    return keys[:KEYS_SHOWN], max(0, len(keys) - KEYS_SHOWN)


def _span(entry: Entry, release: Release | None, shown: Shown) -> str:
    version = release.version if release and entry.version else None
    if shown.lane is not None and version is not None and version <= shown.lane:
        shown.lane = None
        return "end"
    if shown.lane is not None:
        return "through"
    if not (release and version and release.restores and release.has_succeeded):
        return ""
    # One lane: a rollback that was undone itself keeps to its tag.
    if entry.undone_by:
        return ""
    shown.lane = release.restores.version
    return "start"


def _offer_undo(entries: Sequence[Entry], shown: Shown) -> None:
    """Say of a rollback that runs how to undo it, where what ran before is on the page."""
    if not (entries and shown.may_roll_back):
        return
    went = [entry for entry in entries if entry.version and entry.state != "failed"]
    if len(went) > 1 and went[0].state == "current" and went[0].kind == "rollback":
        went[0].undo = went[1].version
        went[0].undo_url = f"{went[1].url}rollback/"
