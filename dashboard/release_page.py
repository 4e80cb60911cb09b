"""What the page of a release shows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from dashboard.app_page import short_title
from dashboard.masked import Masked
from dashboard.plan_words import Changes, changes_of
from dashboard.times import Moment, in_full, lasted, moment
from dashboard.way_words import Way, way_words
from releases.actors import Actor
from releases.config import Vars, vars_of
from releases.errors import NotFound
from releases.ledger_entry import LedgerEntry, ledger_entry
from releases.live import way_live
from releases.models import AddOn, App, ConfigVar, Mark, Release, ReleaseOutput
from releases.permissions import Action
from releases.plans import compare, survey
from releases.queries import attached_addons, went_live_after, went_live_before
from releases.restoring import Notice, Scope

MARKS_SHOWN = OUTPUT_SHOWN = ROLLBACKS_SHOWN = 20


@dataclass(kw_only=True)
class ConfigRow(Masked):
    """A key of the release's config, and what became of it since."""

    now: str
    note: str


@dataclass
class ReleasePage:
    """A release with all that its page says of it."""

    app: App
    release: Release
    may_roll_back: bool
    may_reveal: bool
    title: str
    made_at: Moment
    live: str
    way: Way | None
    before: Release | None
    changed: Changes | None
    since: Changes | None
    blockers: Sequence[Notice]
    instead: Scope | None
    config: Sequence[ConfigRow]
    process_types: Sequence[tuple[str, str]]
    addons: Sequence[AddOn]
    marks: Sequence[Mark]
    rollbacks: Sequence[Release]
    output: Sequence[ReleaseOutput]
    entry: LedgerEntry

    @property
    def is_current(self) -> bool:
        return self.release.pk == self.app.current_release_id

    @property
    def is_restorable(self) -> bool:
        return not self.blockers

    def row(self, name: str) -> ConfigRow:
        """Return the row of a key. Raises NotFound where the release has no such key."""
        for row in self.config:
            if row.name == name:
                return row
        raise NotFound(f"{self.release} has no config var {name[:60]!r}.")


def release_page(
    app: App, release: Release, *, actor: Actor, may: Collection[Action], now: datetime
) -> ReleasePage:
    current = app.current_release
    config_vars, current_vars = vars_of(release.config_set, current.config_set)
    before = went_live_before(release)
    is_current = release.pk == current.pk
    seen = None if is_current else survey(app, release.version, Scope.EVERYTHING)
    slug, way = release.slug, way_live(app, release)
    return ReleasePage(
        app=app,
        release=release,
        may_roll_back=Action.ROLL_BACK in may,
        may_reveal=Action.CONFIGURE in may,
        title=short_title(release),
        made_at=moment(release.created_at, now),
        live=_live(release, is_current=is_current, now=now),
        way=way_words(app, way, user=actor.user, now=now) if way.has_steps else None,
        before=before,
        changed=_changes(app, before, release, actor),
        since=None if is_current else _changes(app, release, current, actor),
        blockers=seen.blockers if seen else [],
        instead=seen.instead if seen else None,
        config=_config_rows(release, config_vars, current_vars, may),
        process_types=sorted(slug.process_types.items()) if slug else [],
        addons=list(attached_addons(app)),
        marks=list(
            release.marks.select_related("created_by", "cleared_by").order_by(
                F("cleared_at").desc(nulls_first=True), "-id"
            )[:MARKS_SHOWN]
        ),
        rollbacks=list(release.restored_by.order_by("-version")[:ROLLBACKS_SHOWN]),
        output=list(release.output.order_by("-position")[:OUTPUT_SHOWN])[::-1],
        entry=ledger_entry(release, config_vars),
    )


def _changes(
    app: App, old: Release | None, new: Release, actor: Actor
) -> Changes | None:
    if old is None:
        return None
    return changes_of(compare(app=app, old=old.version, new=new.version, actor=actor))


def _live(release: Release, *, is_current: bool, now: datetime) -> str:
    if not release.has_succeeded or release.settled_at is None:
        return "Still pending" if release.status == "pending" else "Never"
    since = in_full(release.settled_at)
    if is_current:
        return f"Since {since} ({lasted(now - release.settled_at)})"
    after = went_live_after(release)
    if after is None or after.settled_at is None:
        return f"From {since}"
    until = in_full(after.settled_at)
    time = lasted(after.settled_at - release.settled_at)
    return f"{since} to {until} ({time}), until {after}"


def _config_rows(
    release: Release, config_vars: Vars, current_vars: Vars, may: Collection[Action]
) -> list[ConfigRow]:
    return [
        ConfigRow(
            release=release,
            name=name,
            now=_now(var, current_vars.get(name)),
            note=_note(release.app, var),
            can_reveal=Action.CONFIGURE in may and var.erased_at is None,
        )
        for name, var in config_vars.items()
    ]


def _now(var: ConfigVar, current: ConfigVar | None) -> str:
    if current is None:
        return "Removed since"
    return "Same" if current.fingerprint == var.fingerprint else "Changed since"


def _note(app: App, var: ConfigVar) -> str:
    notes = []
    if var.addon_id:
        notes.append("an add-on's")
    if var.name in app.kept_keys:
        notes.append("kept across rollbacks")
    if var.erased_at:
        notes.append("erased")
    return ", ".join(notes)
