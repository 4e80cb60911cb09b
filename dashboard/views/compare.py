import re
from http import HTTPStatus
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from dashboard.htmx import DashboardRequest, actor_of, wants_fragment
from dashboard.plan_words import changes_of
from releases.errors import OperationRefused
from releases.file_diff import file_diff
from releases.models import App
from releases.models.release import version_in
from releases.plans import compare
from releases.queries import find_release, open_app, went_live_before

# Two dots are as good as three, and so is a version without its v.
RANGE = re.compile(r"v?(\d{1,9})\.{2,3}v?(\d{1,9})")
RELEASES_OFFERED = 50


@require_safe
def app_compare_any(request: DashboardRequest, app_name: str) -> HttpResponse:
    """Lead to the two releases that were chosen, or to what last went live."""
    app, _ = open_app(app_name, actor=actor_of(request))
    current = find_release(app)
    before = went_live_before(current) or current
    old = version_in(request.GET.get("from", "")) or before.version
    new = version_in(request.GET.get("to", "")) or current.version
    return redirect("app_compare", app.name, f"v{old}...v{new}")


@require_safe
def app_compare(
    request: DashboardRequest, app_name: str, versions: str
) -> HttpResponse:
    """Compare two releases; `file` asks for how one file of them differs, too."""
    app, _ = open_app(app_name, actor=actor_of(request))
    asked = RANGE.fullmatch(versions)
    if asked is None:
        return redirect("app_compare_any", app.name)
    old, new = int(asked[1]), int(asked[2])
    path = request.GET.get("file", "")
    if versions != f"v{old}...v{new}":
        here = reverse("app_compare", args=[app.name, f"v{old}...v{new}"])
        return redirect(f"{here}?{urlencode({'file': path})}" if path else here)
    if path and wants_fragment(request):
        diff = file_diff(app=app, old=old, new=new, path=path, actor=actor_of(request))
        return render(request, "dashboard/_file_diff.html", {"diff": diff})
    return _page(request, app, old, new, path)


def _page(
    request: DashboardRequest, app: App, old: int, new: int, path: str
) -> HttpResponse:
    actor = actor_of(request)
    context = {
        "nav": "apps",
        "tab": "compare",
        "app": app,
        "old": old,
        "new": new,
        "offered": app.releases.order_by("-version").only("version", "description")[
            :RELEASES_OFFERED
        ],
    }
    try:
        plan = compare(app=app, old=old, new=new, actor=actor)
        diff = (
            file_diff(app=app, old=old, new=new, path=path, actor=actor)
            if path
            else None
        )
    except OperationRefused as refusal:
        context["refusal"] = refusal
        status = HTTPStatus.NOT_FOUND
        return render(request, "dashboard/app_compare.html", context, status=status)
    context |= {
        "plan": plan,
        "ends": (plan.before, plan.target),
        "changes": changes_of(plan),
        "diff": diff,
        "same_addons": sorted(plan.before.addon_plan_names)
        == sorted(plan.target.addon_plan_names),
    }
    return render(request, "dashboard/app_compare.html", context)
