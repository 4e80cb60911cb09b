from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from dashboard.htmx import DashboardRequest, actor_of
from dashboard.proof import require_proof
from dashboard.refusals import status_of
from releases.errors import NotAllowed, NotFound, OperationRefused
from releases.operations.destroy_app import destroy_app
from releases.operations.hold_deploys import hold_deploys, resume_deploys
from releases.operations.rename_app import rename_app
from releases.permissions import Action
from releases.queries import attached_addons, find_app, open_app


@require_safe
def app_settings(request: DashboardRequest, app_name: str) -> HttpResponse:
    return _page(request, app_name)


@require_POST
def app_rename(request: DashboardRequest, app_name: str) -> HttpResponse:
    actor = actor_of(request)
    name = request.POST.get("name", "").strip()

    def rename() -> str:
        rename_app(app=find_app(app_name, actor=actor), name=name, actor=actor)
        return name

    said = f"{app_name} is called {name} now."
    return _done(request, app_name, rename, said, form="rename")


@require_POST
def app_hold(request: DashboardRequest, app_name: str) -> HttpResponse:
    """Hold deploys with a reason, or let them go on."""
    actor, holds = actor_of(request), request.POST.get("hold") == "on"

    def hold() -> str:
        app = find_app(app_name, actor=actor)
        if holds:
            hold_deploys(app=app, reason=request.POST.get("reason", ""), actor=actor)
        else:
            resume_deploys(app=app, actor=actor)
        return app_name

    words = "are held: rollbacks and config go on" if holds else "go on again"
    return _done(request, app_name, hold, f"Deploys {words}.", form="hold")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def app_destroy(request: DashboardRequest, app_name: str) -> HttpResponse:
    """Say what goes and what stays; by POST, with the name typed, destroy the app."""
    actor = actor_of(request)
    app = find_app(app_name, actor=actor, to_do=Action.MANAGE)
    refusal = None
    if request.method == "POST":
        confirm = request.POST.get("confirm", "")
        if confirm == app.name:
            require_proof(request)
        try:
            destroy_app(app=app, confirm=confirm, actor=actor)
        except (NotFound, NotAllowed):
            raise
        except OperationRefused as refused:
            refusal = refused
        else:
            messages.success(
                request,
                f"{app_name} is destroyed. Administrators still see its history, in"
                " the admin.",
            )
            return redirect("app_list")
    context = {
        "nav": "apps",
        "tab": "settings",
        "app": open_app(app_name, actor=actor)[0],
        "addons": attached_addons(app),
        "refusal": refusal,
        "typed": request.POST,
    }
    status = status_of(refusal) if refusal else HTTPStatus.OK
    return render(request, "dashboard/app_destroy.html", context, status=status)


def _done(
    request: DashboardRequest,
    app_name: str,
    act: Callable[[], str],
    said: str,
    *,
    form: str,
) -> HttpResponse:
    try:
        name = act()
    except (NotFound, NotAllowed):
        raise
    except OperationRefused as refusal:
        return _page(request, app_name, refused=form, refusal=refusal)
    messages.success(request, said)
    return redirect("app_settings", name)


def _page(
    request: DashboardRequest,
    app_name: str,
    *,
    refused: str = "",
    refusal: OperationRefused | None = None,
) -> HttpResponse:
    """Show the settings; where one was refused, why, beside what was typed there."""
    app, may = open_app(app_name, actor=actor_of(request))
    context = {
        "nav": "apps",
        "tab": "settings",
        "app": app,
        "may_manage": Action.MANAGE in may,
        "may_hold": Action.ROLL_BACK in may,
        "may_operate": Action.OPERATE in may,
        "refused": refused,
        "refusal": refusal,
        "typed": request.POST,
    }
    status = status_of(refusal) if refusal else HTTPStatus.OK
    return render(request, "dashboard/app_settings.html", context, status=status)
