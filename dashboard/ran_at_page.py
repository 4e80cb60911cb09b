"""What the pages show that tell what ran at a moment, of an app and of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboard.app_page import short_title
from dashboard.forms import AROUND
from dashboard.moment_form import Asked, MomentForm
from dashboard.times import Moment, lasted, moment
from releases.actors import Actor
from releases.models import App, Release
from releases.queries import config_of, release_at, went_live_after, went_live_before
from releases.ran_at import RanAt, ran_at


@dataclass(frozen=True)
class Neighbour:
    """The release that ran before or after, and when it went or came."""

    release: Release
    title: str
    since: Moment
    apart: str


@dataclass(frozen=True)
class Then:
    """An app in the list of what all ran; `is_fresh` when it had only just gone live."""

    name: str
    version: str
    number: int
    title: str
    sha: str
    since: Moment
    apart: str
    is_fresh: bool
    now: str
    now_number: int


def app_at_page(app: App, form: MomentForm, now: datetime) -> dict[str, Any]:
    asked = form.asked(now)
    release = release_at(app, asked.end)
    context = {
        "nav": "apps",
        "app": app,
        "crumb": "What ran at",
        "asked": asked,
        "here": form.address(asked.second, now),
        "release": release,
    }
    if release is None or release.settled_at is None:
        return context | {"created": moment(app.created_at, now)}
    after = went_live_after(release)
    until = after.settled_at if after else None
    return context | {
        "is_current": release.pk == app.current_release_id,
        "title": short_title(release),
        "since": moment(release.settled_at, now),
        "until": moment(until, now) if until else None,
        "before": _neighbour(went_live_before(release), release.settled_at, asked, now),
        "after": _neighbour(after, until, asked, now),
        "lasted": lasted((until or now) - release.settled_at),
        "config": [var.name for var in config_of(release)],
    }


def at_page(actor: Actor, form: MomentForm, now: datetime) -> dict[str, Any]:
    asked = form.asked(now)
    page = ran_at(actor, asked.end, search=form.search, after=form.after_name)
    return {
        "nav": "activity",
        "asked": asked,
        "search": form.search,
        "after": form.after_name,
        "rows": _rows(page.ran, asked, now),
        "here": form.address(asked.second, now),
        "more": form.address(asked.second, now, after=page.more) if page.more else "",
    }


def _neighbour(
    release: Release | None, changed_at: datetime | None, asked: Asked, now: datetime
) -> Neighbour | None:
    """Return a neighbour with how far from the moment that change was, if there is one."""
    if release is None or changed_at is None:
        return None
    return Neighbour(
        release,
        short_title(release),
        moment(changed_at, now),
        _apart_words(changed_at, asked),
    )


def _rows(ran: Sequence[RanAt], asked: Asked, now: datetime) -> list[Then]:
    return [
        Then(
            name=each.app.name,
            version=str(each.release),
            number=each.release.version,
            title=short_title(each.release),
            sha=str(each.release.slug or "")[:7],
            since=moment(each.release.settled_at, now),
            apart=_apart_words(each.release.settled_at, asked),
            is_fresh=_apart(each.release.settled_at, asked) <= AROUND,
            now=str(each.app.current_release),
            now_number=each.app.current_release.version,
        )
        for each in ran
        if each.release.settled_at
    ]


def _apart_words(changed_at: datetime, asked: Asked) -> str:
    apart = _apart(changed_at, asked)
    if not apart:
        return "in that second"
    return f"{lasted(abs(apart))} {'before' if apart > timedelta() else 'after'}"


def _apart(changed_at: datetime, asked: Asked) -> timedelta:
    """Return how long before the moment a change was, in whole seconds as both are shown."""
    return asked.second - changed_at.replace(microsecond=0)
