from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from dashboard.app_page import current_words
from dashboard.htmx import DashboardRequest, actor_of, render_page, wants_fragment
from dashboard.proof import require_proof
from dashboard.refusals import status_of
from dashboard.release_marks import DONE, Typed, mark_forms, summary
from dashboard.release_page import ReleasePage, release_page
from dashboard.way_words import LIVE, way_words
from releases.actors import Actor
from releases.errors import NotAllowed, NotFound, OperationRefused
from releases.live import way_live, what_runs
from releases.models import Mark, Release
from releases.operations.mark_release import mark_release, unmark_release
from releases.permissions import Action, require
from releases.queries import find_app, find_release, open_app
from releases.snapshot import one_snapshot


@require_safe
def release_detail(
    request: DashboardRequest, app_name: str, version: int
) -> HttpResponse:
    page = _page(request, app_name, version)
    return render_page(
        request,
        "dashboard/release_detail.html",
        _context(page),
        fragment="dashboard/_release.html",
    )


@never_cache
@require_safe
@one_snapshot()
def release_way(request: DashboardRequest, app_name: str, version: int) -> HttpResponse:
    """Tell htmx how far a release has come, if that is not what the page shows already.

    Once it is live, and at its end, what else of the page is about it goes along: `at`
    says on which page that is.
    """
    if not wants_fragment(request):
        return redirect("release_detail", app_name, version)
    app, may = open_app(app_name, actor=actor_of(request))
    now = timezone.now()
    found = way_live(app, find_release(app, version))
    way = way_words(app, found, user=request.user, now=now)
    seen = request.GET.get("seen", "")
    if way.is_moving and way.seen == seen:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    at = request.GET.get("at", "")
    was_at, is_at = seen.partition(".")[0], way.seen.partition(".")[0]
    moves_others = not way.is_moving or (way.is_live and not was_at.endswith(LIVE))
    context = {
        "app": app,
        "way": way,
        "at": at,
        "is_news": is_at != was_at,
        "moves_others": moves_others,
    }
    if moves_others and at != "release":
        context["now"] = current_words(app, now, what_runs(app))
        context["may_roll_back"] = Action.ROLL_BACK in may
    return render(request, "dashboard/_way_moved.html", context)


@require_POST
def release_mark(
    request: DashboardRequest, app_name: str, version: int
) -> HttpResponse:
    """Put a mark on a release, or take it off."""
    given, actor = request.POST, actor_of(request)
    release = find_release(find_app(app_name, actor=actor), version)
    try:
        done = _mark(release, given, actor)
    except (NotAllowed, NotFound):
        raise
    except OperationRefused as refusal:
        if refusal.code != "no_change":
            typed = Typed(given["kind"], given.get("reason", ""), str(refusal))
            return render(
                request,
                "dashboard/release_detail.html",
                _context(_page(request, app_name, version), typed),
                status=status_of(refusal),
            )
        messages.info(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("release_detail", app_name, version)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def release_config_var(
    request: DashboardRequest, app_name: str, version: int, name: str
) -> HttpResponse:
    """Reveal one config value, by POST and on record; by GET, mask it again.

    Whichever page it is on: with htmx it is told in place, else on that of the release.
    """
    if request.method != "POST" and not wants_fragment(request):
        return redirect("release_detail", app_name, version)
    page = _page(request, app_name, version)
    row = page.row(name)
    row.is_asked = True
    if request.method == "POST":
        actor = actor_of(request)
        # Who may not is told so, and not asked who they are.
        require(actor, page.app, Action.CONFIGURE)
        require_proof(request)
        row.reveal(actor)
    return render_page(
        request,
        "dashboard/release_detail.html",
        _context(page) | {"masked": row},
        fragment="dashboard/_config_value.html",
    )


def _mark(release: Release, given: Mapping[str, str], actor: Actor) -> str:
    """Do as the form says, and return what is so now, in words."""
    if given.get("kind") not in Mark.Kind.values:
        raise NotFound("There is no such mark.")
    kind = Mark.Kind(given["kind"])
    if given.get("clear") == "on":
        unmark_release(release=release, kind=kind, actor=actor)
        return f"{release} is not {DONE[kind]} any more."
    reason = given.get("reason", "")
    mark_release(release=release, kind=kind, reason=reason, actor=actor)
    return f"{release} is {DONE[kind]}."


@one_snapshot()
def _page(request: DashboardRequest, app_name: str, version: int) -> ReleasePage:
    actor = actor_of(request)
    app, may = open_app(app_name, actor=actor)
    return release_page(
        app, find_release(app, version), actor=actor, may=may, now=timezone.now()
    )


def _context(page: ReleasePage, marking: Typed | None = None) -> dict[str, Any]:
    forms = list(mark_forms(page.marks, marking))
    return {
        "nav": "apps",
        "page": page,
        "app": page.app,
        "release": page.release,
        "crumb": str(page.release),
        "mark_forms": forms,
        "mark_summary": summary(page.release, forms),
    }
