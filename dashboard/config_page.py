"""What the page of an app's config vars shows: keys and notes, and no values."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.config_form import ConfigForm
from dashboard.masked import Masked
from dashboard.people import person
from dashboard.plan_words import Line, config_line
from dashboard.times import Moment, moment
from releases.config import ConfigChange
from releases.errors import OperationRefused
from releases.models import App, Release
from releases.operations.change_config import pending_change
from releases.own_keys import own_key_words, unused_words
from releases.permissions import Action
from releases.queries import config_of, find_release, pending_release


@dataclass(frozen=True)
class KeyRow:
    """A key of the current config: whose it is, and what was typed for it, if anything."""

    masked: Masked
    since: Moment
    who: str
    addon: str
    is_kept: bool
    typed: str
    is_removed: bool
    error: str
    moved: str
    unused: str

    @property
    def name(self) -> str:
        return self.masked.name


@dataclass(frozen=True)
class Pending:
    """What saving would do, in lines, with what it would not; or all that is in its way."""

    lines: Sequence[Line]
    unused: Sequence[str] = ()
    refusals: Sequence[str] = ()


def config_page(
    app: App,
    may: Collection[Action],
    form: ConfigForm | None,
    now: datetime,
    *,
    moved: Sequence[ConfigChange] = (),
) -> dict[str, Any]:
    """Return what the page shows, `moved` being what others changed while it was typed."""
    current = find_release(app)
    form = form or ConfigForm({}, key=str(uuid.uuid4()), seen=current.version)
    pending = pending_of(app, current, form) if Action.CONFIGURE in may else None
    since = {change.name: change.change.value for change in moved}
    rows = [
        KeyRow(
            masked=Masked(
                release=current, name=var.name, can_reveal=Action.CONFIGURE in may
            ),
            since=moment(var.created_at, now),
            who=person(var.created_by.email).name,
            addon=str(var.addon) if var.addon else "",
            is_kept=var.name in app.kept_keys,
            typed=form.typed(var.name),
            is_removed=form.removes(var.name),
            error=form.error(var.name),
            moved=since.get(var.name, ""),
            unused=own_key_words(var.name),
        )
        for var in config_of(current).select_related("created_by")
    ]
    return {
        "nav": "apps",
        "tab": "config",
        "app": app,
        "release": current,
        "rows": rows,
        "form": form,
        "moved": [config_line(change) for change in moved],
        "pending": pending,
        "on_its_way": pending_release(app),
        "next_version": app.last_version + 1,
        "may_configure": Action.CONFIGURE in may,
        "absent_kept": [
            key for key in app.kept_keys if key not in {r.name for r in rows}
        ],
    }


def pending_of(app: App, current: Release, form: ConfigForm) -> Pending:
    try:
        values, unset = form.values, form.unset
        changes = pending_change(app, current, values, unset) if values or unset else []
    except OperationRefused as refusal:
        return Pending([], refusals=list(form.errors.values()) or [str(refusal)])
    return Pending([config_line(change) for change in changes], unused_words(values))
