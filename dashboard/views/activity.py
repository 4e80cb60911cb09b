from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.app_page import current_words, made_words
from dashboard.first_steps import first_steps
from dashboard.forms import FilterForm
from dashboard.htmx import DashboardRequest, actor_of, render_page, wants_fragment
from dashboard.news import cursor_in, follow, news_of
from dashboard.timeline import Day, Shown, days_of, entries_of
from dashboard.times import moment
from dashboard.way_words import way_on_page
from releases.actors import Actor
from releases.live import Running, what_runs
from releases.models import App
from releases.permissions import Action
from releases.queries import open_app
from releases.snapshot import one_snapshot
from releases.timeline import Page, timeline_of, timeline_over_apps
from releases.undone import undone_by


@require_safe
def activity(request: DashboardRequest) -> HttpResponse:
    form = FilterForm(request.GET)
    page = _read(
        form, timeline_over_apps, actor_of(request), before=cursor_in(request, "before")
    )
    shown = Shown(
        now=timezone.now(),
        current={line.app.current_release_id for line in page.activities if line.app},
        undone=undone_by(page.activities),
        names_apps=True,
        new_after=cursor_in(request, "new"),
    )
    here, ask_at = reverse("activity"), reverse("activity_news")
    context = _timeline(request, form, page, shown, ask_at) | {
        "nav": "activity",
        "here": here,
        "label": "Activity of all apps",
        "around": moment(form.moment, shown.now) if form.moment else None,
    }
    return render_page(
        request, "dashboard/activity.html", context, fragment=_fragment(request)
    )


@never_cache
@require_safe
def activity_news(request: DashboardRequest) -> HttpResponse:
    """Tell htmx what came to the page of all apps since it was made."""
    form, after = FilterForm(request.GET), cursor_in(request, "after") or 0
    page = _read(form, timeline_over_apps, actor_of(request), after=after)
    return _news(request, page, reverse("activity"), dict)


@never_cache
@require_safe
def app_activity_news(request: DashboardRequest, app_name: str) -> HttpResponse:
    app, may = open_app(app_name, actor=actor_of(request))
    form, after = FilterForm(request.GET), cursor_in(request, "after") or 0
    page = _read(form, timeline_of, app, after=after)
    here = reverse("app_activity", args=[app.name])

    def runs_now() -> dict[str, Any]:
        now = current_words(app, timezone.now(), _running(app))
        return {"app": app, "now": now, "may_roll_back": Action.ROLL_BACK in may}

    return _news(request, page, here, runs_now)


@require_safe
def app_activity(request: DashboardRequest, app_name: str) -> HttpResponse:
    return render_page(
        request,
        "dashboard/app_activity.html",
        activity_page(request, app_name),
        fragment=_fragment(request),
    )


@one_snapshot()
def activity_page(
    request: DashboardRequest, app_name: str, *, made: str = ""
) -> dict[str, Any]:
    """Return all that the Activity page of an app shows, and its parts.

    `made` is the version, as in "v34", of a rollback that this person just made.
    """
    app, may = open_app(app_name, actor=actor_of(request))
    form = FilterForm(request.GET)
    page = _read(form, timeline_of, app, before=cursor_in(request, "before"))
    shown = Shown(
        now=timezone.now(),
        current={app.current_release_id},
        undone=undone_by(page.activities),
        brackets=not form.narrows,
        lane=cursor_in(request, "lane"),
        may_roll_back=Action.ROLL_BACK in may,
        runs=(app.current_release.slug_id, app.current_release.config_set_id),
        new_after=cursor_in(request, "new"),
    )
    ask_at = reverse("app_activity_news", args=[app.name])
    context = _timeline(request, form, page, shown, ask_at)
    made = made or request.GET.get("made", "")
    way = way_on_page(app, made=made, user=request.user, now=shown.now)
    return context | {
        "app": app,
        "tab": "activity",
        "nav": "apps",
        "here": reverse("app_activity", args=[app.name]),
        "label": f"Activity of {app}",
        "now": current_words(app, shown.now, _running(app)),
        "way": way,
        "at": "" if form.narrows else "activity",
        "just_made": bool(made),
        "may_roll_back": shown.may_roll_back,
        "may_manage": Action.MANAGE in may,
        "made": None if way else made_words(app, page.activities, made, request.user),
        "first_steps": _is_new(app) and not form.narrows,
        "commands": first_steps(app, request.user),
    }


def _timeline(
    request: DashboardRequest, form: FilterForm, page: Page, shown: Shown, ask_at: str
) -> dict[str, Any]:
    is_newest = "before" not in request.GET
    were_shown = shown.new_after is not None
    lane_open = shown.lane is not None
    entries = entries_of(page.activities, shown)
    days = days_of(
        entries, shown.now, after=request.GET.get("day", ""), lane_open=lane_open
    )
    return {
        "days": days,
        "older_url": _older_url(request, page, shown, days),
        "searched": moment(page.searched, shown.now) if page.searched else None,
        "news": follow(ask_at, _asked(request), page.activities, shown=were_shown)
        if is_newest
        else None,
        "filter_form": form,
        "nobody": page.nobody,
        "people": sorted({entry.who.name for entry in entries}),
        "printed_at": moment(shown.now, shown.now),
        "goes_on": not is_newest,
    }


def _older_url(
    request: DashboardRequest, page: Page, shown: Shown, days: Sequence[Day]
) -> str:
    """Return the address of the page below; it says where this one broke off."""
    if page.older is None:
        return ""
    last_day = days[-1].iso if days else request.GET.get("day", "")
    asked = [*_asked(request), ("before", str(page.older)), ("day", last_day)]
    if shown.lane is not None:
        asked.append(("lane", str(shown.lane)))
    return f"?{urlencode(asked)}"


def _read(
    form: FilterForm, timeline: Callable[..., Page], whose: App | Actor, **where: Any
) -> Page:
    """Read a page of a timeline as the filters say; nothing where they cannot be read."""
    if not form.is_readable:
        return Page([], None)
    return timeline(whose, only=form.filter(), **where)


def _news(
    request: DashboardRequest,
    page: Page,
    here: str,
    along: Callable[[], dict[str, Any]],
) -> HttpResponse:
    """Answer with what came, unless that is nothing, or nothing that was not told yet."""
    asked = _asked(request)
    if not wants_fragment(request):
        return redirect(f"{here}?{urlencode(asked)}" if asked else here)
    told = cursor_in(request, "told") or 0
    if not page.activities or page.activities[0].pk <= told:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    news = news_of(
        page,
        after=cursor_in(request, "after") or 0,
        ask_at=request.path,
        show_at=here,
        asked=asked,
    )
    return render(request, "dashboard/_news_came.html", along() | {"news": news})


def _asked(request: DashboardRequest) -> list[tuple[str, str]]:
    """Return the filters in an address, which those that lead on from it have too."""
    return [
        (name, value)
        for name in ("kind", "search", "who", "since", "until", "around")
        for value in request.GET.getlist(name)
        if value
    ]


def _fragment(request: DashboardRequest) -> str:
    if "before" in request.GET:
        return "dashboard/_days.html"
    if "new" in request.GET:
        return "dashboard/_news_shown.html"
    return "dashboard/_timeline.html"


def _running(app: App) -> Running | None:
    return what_runs(app) if settings.ROLLBOOK_RUNTIME else None


def _is_new(app: App) -> bool:
    return app.last_version == 1
