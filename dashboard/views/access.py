from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from dashboard.access_page import PeopleForm, Refused, access_page
from dashboard.htmx import DashboardRequest, actor_of
from dashboard.refusals import status_of
from releases.errors import NotAllowed, NotFound, OperationRefused
from releases.models import App
from releases.operations.give_access import give_access, take_access
from releases.operations.transfer_app import transfer_app
from releases.permissions import Action
from releases.queries import find_app, find_user, open_app


@require_safe
def app_access(request: DashboardRequest, app_name: str) -> HttpResponse:
    return _page(request, app_name, after=PeopleForm(request.GET).cursor)


@require_POST
def app_access_give(request: DashboardRequest, app_name: str) -> HttpResponse:
    """Let somebody do just what is ticked, whatever they were allowed before."""
    email = request.POST.get("email", "")

    def give(app: App) -> str:
        user = find_user(email)
        wanted = request.POST.getlist("permission")
        access = give_access(
            app=app, user=user, permissions=wanted, actor=actor_of(request)
        )
        return f"{user} may do this from now on: {', '.join(access.permissions)}."

    return _done(request, app_name, give, form=request.POST.get("form", "give"))


@require_POST
def app_access_take(request: DashboardRequest, app_name: str) -> HttpResponse:
    """Take somebody's access away, or leave oneself: then there is no way back here."""
    actor, email = actor_of(request), request.POST.get("email", "")
    if email == actor.user.email:
        app = find_app(app_name, actor=actor)
        take_access(app=app, user=actor.user, actor=actor)
        messages.success(request, f"You have left {app_name}.")
        return redirect("app_list")

    def take(app: App) -> str:
        user = find_user(email)
        take_access(app=app, user=user, actor=actor)
        return f"{user} has no access any more."

    return _done(request, app_name, take, form="person")


@require_POST
def app_transfer(request: DashboardRequest, app_name: str) -> HttpResponse:
    def transfer(app: App) -> str:
        if request.POST.get("confirm", "") != app.name:
            raise OperationRefused(
                f"To transfer {app}, type its name.", code="confirmation_needed"
            )
        to = find_user(request.POST.get("email", ""))
        transfer_app(app=app, to=to, actor=actor_of(request))
        return f"{to} owns {app} now."

    return _done(request, app_name, transfer, form="transfer")


def _done(
    request: DashboardRequest, app_name: str, act: Callable[[App], str], *, form: str
) -> HttpResponse:
    actor = actor_of(request)
    # Whoever may not manage it is not told who has an account.
    app = find_app(app_name, actor=actor, to_do=Action.MANAGE)
    try:
        said = act(app)
    except NotAllowed:
        raise
    except OperationRefused as refusal:
        refused = Refused(form, request.POST, refusal)
        return _page(request, app_name, refused=refused)
    messages.success(request, said)
    if _may_see(request, app_name):
        return redirect("app_access", app_name)
    return redirect("app_list")


def _may_see(request: DashboardRequest, app_name: str) -> bool:
    """Whether one can go on: who gave the app away may have no access any more."""
    try:
        open_app(app_name, actor=actor_of(request))
    except NotFound:
        return False
    return True


def _page(
    request: DashboardRequest,
    app_name: str,
    *,
    after: str = "",
    refused: Refused | None = None,
) -> HttpResponse:
    app, may = open_app(app_name, actor=actor_of(request))
    return render(
        request,
        "dashboard/app_access.html",
        access_page(app, may, request.user, after=after, refused=refused),
        status=status_of(refused.why) if refused else HTTPStatus.OK,
    )
