from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dashboard.app_page import current_words
from dashboard.htmx import DashboardRequest, actor_of, render_page, wants_fragment
from dashboard.proof import require_proof
from dashboard.release_page import ReleasePage, release_page
from dashboard.way_words import LIVE, way_words
from releases.live import way_live, what_runs
from releases.permissions import Action, require
from releases.queries import find_release, open_app
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


@one_snapshot()
def _page(request: DashboardRequest, app_name: str, version: int) -> ReleasePage:
    actor = actor_of(request)
    app, may = open_app(app_name, actor=actor)
    return release_page(
        app, find_release(app, version), actor=actor, may=may, now=timezone.now()
    )


def _context(page: ReleasePage) -> dict[str, Any]:
    return {
        "nav": "apps",
        "page": page,
        "app": page.app,
        "release": page.release,
        "crumb": str(page.release),
    }
