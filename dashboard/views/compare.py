import re
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from dashboard.htmx import DashboardRequest, actor_of, wants_fragment
from dashboard.plan_words import changes_of
from releases.errors import NotFound
from releases.file_diff import file_diff
from releases.key_origins import key_origins
from releases.models import App
from releases.models.release import version_in
from releases.permissions import Action
from releases.plans import compare
from releases.queries import (
    find_release,
    newest_releases,
    open_app,
    went_live_before,
)

# Two dots are as good as three, and so is a version without its v.
RANGE = re.compile(r"v?(\d{1,9})\.{2,3}v?(\d{1,9})")
RELEASES_OFFERED = 50
ENDS = ("from", "to")


@require_safe
def app_compare_any(request: DashboardRequest, app_name: str) -> HttpResponse:
    """Lead to the two releases that were chosen, or to what last went live."""
    app, _ = open_app(app_name, actor=actor_of(request))
    typed = {end: request.GET.get(end, "").strip() for end in ENDS}
    asked = {end: version_in(text) for end, text in typed.items()}
    errors = {
        end: f"“{text[:20]}” is no release: one is written like v12 or 12."
        for end, text in typed.items()
        if text and asked[end] is None
    }
    if errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _render(request, app, typed, status, errors=errors)
    current = find_release(app)
    if asked["from"] is None:
        asked["from"] = (went_live_before(current) or current).version
    if asked["to"] is None:
        asked["to"] = current.version
    return redirect("app_compare", app.name, f"v{asked['from']}...v{asked['to']}")


@require_safe
def app_compare(
    request: DashboardRequest, app_name: str, versions: str
) -> HttpResponse:
    """Compare two releases; `file` asks for how one file of them differs, too."""
    app, may = open_app(app_name, actor=actor_of(request))
    asked = RANGE.fullmatch(versions)
    if asked is None:
        # It says which end is no release.
        old_end, _, new_end = versions.partition("..")
        ends = (
            urlencode({"from": old_end, "to": new_end.lstrip(".")}) if new_end else ""
        )
        here = reverse("app_compare_any", args=[app.name])
        return redirect(f"{here}?{ends}" if ends else here)
    old, new = int(asked[1]), int(asked[2])
    path = request.GET.get("file", "")
    if versions != f"v{old}...v{new}":
        here = reverse("app_compare", args=[app.name, f"v{old}...v{new}"])
        return redirect(f"{here}?{urlencode({'file': path})}" if path else here)
    if path and wants_fragment(request):
        diff = file_diff(app=app, old=old, new=new, path=path, actor=actor_of(request))
        return render(request, "dashboard/_file_diff.html", {"diff": diff})
    return _page(request, app, may=may, old=old, new=new, path=path)


def _page(
    request: DashboardRequest,
    app: App,
    *,
    may: Collection[Action],
    old: int,
    new: int,
    path: str,
) -> HttpResponse:
    actor = actor_of(request)
    typed = {"from": f"v{old}", "to": f"v{new}"}
    try:
        plan = compare(app=app, old=old, new=new, actor=actor)
    except NotFound:
        errors = _missing(app, {"from": old, "to": new})
        return _render(request, app, typed, HTTPStatus.NOT_FOUND, errors=errors)
    status, diff, no_file = HTTPStatus.OK, None, None
    if path:
        try:
            diff = file_diff(app=app, old=old, new=new, path=path, actor=actor)
        except NotFound as refusal:
            status, no_file = HTTPStatus.NOT_FOUND, refusal
    return _render(
        request,
        app,
        typed,
        status,
        plan=plan,
        ends=(plan.before, plan.target),
        may_roll_back=Action.ROLL_BACK in may,
        changes=changes_of(plan, key_origins(plan)),
        diff=diff,
        no_file=no_file,
        same_addons=sorted(plan.before.addon_plan_names)
        == sorted(plan.target.addon_plan_names),
    )


def _missing(app: App, asked: Mapping[str, int]) -> dict[str, str]:
    """Say of each end that is no release of the app that it is none."""
    errors = {}
    for end, version in asked.items():
        try:
            find_release(app, version)
        except NotFound as refusal:
            errors[end] = str(refusal)
    return errors


def _render(
    request: DashboardRequest,
    app: App,
    typed: Mapping[str, str],
    status: HTTPStatus,
    **context: Any,
) -> HttpResponse:
    context |= {
        "nav": "apps",
        "tab": "compare",
        "app": app,
        "typed": typed,
        "offered": newest_releases(app)[:RELEASES_OFFERED],
    }
    return render(request, "dashboard/app_compare.html", context, status=status)
