from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.app_page import current_words, first_steps, made_words
from dashboard.forms import FilterForm
from dashboard.htmx import DashboardRequest, actor_of, render_page
from dashboard.timeline import Shown, days_of, entries_of
from dashboard.way_words import way_on_page
from releases.live import what_runs
from releases.models import App
from releases.permissions import Action
from releases.queries import open_app
from releases.timeline import Page, timeline_of, timeline_over_apps
from releases.undone import undone_by

CURSOR_DIGITS = 18


@require_safe
def activity(request: DashboardRequest) -> HttpResponse:
    form = FilterForm(request.GET)
    page = timeline_over_apps(
        actor_of(request), only=form.filter(), before=_cursor(request)
    )
    shown = Shown(
        now=timezone.now(),
        current={line.app.current_release_id for line in page.activities if line.app},
        undone=undone_by(page.activities),
        names_apps=True,
    )
    context = _timeline(request, form, page, shown) | {
        "nav": "activity",
        "here": reverse("activity"),
        "label": "Activity of all apps",
    }
    return render_page(
        request, "dashboard/activity.html", context, fragment=_fragment(request)
    )


@require_safe
def app_activity(request: DashboardRequest, app_name: str) -> HttpResponse:
    return render_page(
        request,
        "dashboard/app_activity.html",
        activity_page(request, app_name),
        fragment=_fragment(request),
    )


def activity_page(
    request: DashboardRequest, app_name: str, *, made: str = ""
) -> dict[str, Any]:
    """Return all that the Activity page of an app shows, and its parts.

    `made` is the version, as in "v34", of a rollback that this person just made.
    """
    app, may = open_app(app_name, actor=actor_of(request))
    form = FilterForm(request.GET)
    page = timeline_of(app, only=form.filter(), before=_cursor(request))
    shown = Shown(
        now=timezone.now(),
        current={app.current_release_id},
        undone=undone_by(page.activities),
        brackets=not form.narrows,
        lane=_number(request.GET.get("lane")),
        may_roll_back=Action.ROLL_BACK in may,
        code_runs=app.current_release.slug_id is not None,
    )
    context = _timeline(request, form, page, shown)
    made = made or request.GET.get("made", "")
    way = way_on_page(app, made=made, user=request.user, now=shown.now)
    running = what_runs(app) if settings.ROLLBOOK_RUNTIME else None
    return context | {
        "app": app,
        "tab": "activity",
        "nav": "apps",
        "here": reverse("app_activity", args=[app.name]),
        "label": f"Activity of {app}",
        "now": current_words(app, shown.now, running),
        "way": way,
        "at": "" if form.narrows else "activity",
        "just_made": bool(made),
        "may_roll_back": shown.may_roll_back,
        "made": None if way else made_words(app, page.activities, made, request.user),
        "first_steps": _is_new(app) and not form.narrows,
        "commands": first_steps(app),
    }


def _timeline(
    request: DashboardRequest, form: FilterForm, page: Page, shown: Shown
) -> dict[str, Any]:
    lane_open = shown.lane is not None
    entries = entries_of(page.activities, shown)
    days = days_of(
        entries, shown.now, after=request.GET.get("day", ""), lane_open=lane_open
    )
    return {
        "days": days,
        "older_url": _older_url(request, page, shown, days[-1].iso) if days else "",
        "filter_form": form,
        "people": sorted({entry.who.name for entry in entries}),
    }


def _older_url(
    request: DashboardRequest, page: Page, shown: Shown, last_day: str
) -> str:
    """Return the address of the page below; it says where this one broke off."""
    if page.older is None:
        return ""
    asked = [
        (name, value)
        for name in ("kind", "who", "since", "until")
        for value in request.GET.getlist(name)
        if value
    ]
    asked += [("before", str(page.older)), ("day", last_day)]
    if shown.lane is not None:
        asked.append(("lane", str(shown.lane)))
    return f"?{urlencode(asked)}"


def _fragment(request: DashboardRequest) -> str:
    return (
        "dashboard/_days.html"
        if "before" in request.GET
        else "dashboard/_timeline.html"
    )


def _cursor(request: DashboardRequest) -> int | None:
    return _number(request.GET.get("before"))


def _number(text: str | None) -> int | None:
    if not text or len(text) > CURSOR_DIGITS or not (text.isascii() and text.isdigit()):
        return None
    return int(text)


def _is_new(app: App) -> bool:
    return app.last_version == 1
