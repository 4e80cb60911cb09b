import re
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dashboard.htmx import DashboardRequest, actor_of
from dashboard.key_page import key_page
from dashboard.proof import require_proof
from dashboard.refusals import status_of
from releases.actors import Actor
from releases.errors import NotAllowed, NotFound, OperationRefused
from releases.models import Release
from releases.operations.erase_value import erase_value
from releases.permissions import Action
from releases.queries import find_app, find_release, open_app
from releases.value_uses import LOOKED_THROUGH, value_uses

# What the number of a line can be.
CURSOR = re.compile(r"[0-9]{1,18}")
VERSIONS_SHOWN = 5


@require_safe
def app_config_key(request: DashboardRequest, app_name: str, name: str) -> HttpResponse:
    """Show whether a key is set, and all that happened to it."""
    app, may = open_app(app_name, actor=actor_of(request))
    cursor = request.GET.get("before", "")
    before = int(cursor) if CURSOR.fullmatch(cursor) else None
    page = key_page(app, name, may=may, before=before, now=timezone.now())
    return render(request, "dashboard/app_config_key.html", page)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def release_value_erase(
    request: DashboardRequest, app_name: str, version: int, name: str
) -> HttpResponse:
    """Say what erasing a value means; by POST, with the key typed, erase it."""
    actor = actor_of(request)
    app = find_app(app_name, actor=actor, to_do=Action.MANAGE)
    release = find_release(app, version)
    uses = value_uses(release, name)
    require_proof(request)
    refusal, typed = None, request.POST.get("confirm", "").strip()
    if request.method == "POST":
        try:
            _erase(release, name, typed, actor)
        except (NotFound, NotAllowed):
            raise
        except OperationRefused as refused:
            refusal = refused
        else:
            messages.success(request, f"The value that it had in {release} is erased.")
            return redirect("app_config_key", app_name, name)
    context = {
        "nav": "apps",
        "tab": "config",
        "crumb": name,
        "app": open_app(app_name, actor=actor)[0],
        "release": release,
        "name": name,
        "uses": uses,
        "looked_through": f"{LOOKED_THROUGH:,}",
        "versions": uses.versions[:VERSIONS_SHOWN],
        "more": max(0, len(uses.versions) - VERSIONS_SHOWN),
        "refusal": refusal,
        "typed": typed,
    }
    status = status_of(refusal) if refusal else HTTPStatus.OK
    return render(request, "dashboard/release_value_erase.html", context, status=status)


def _erase(release: Release, name: str, confirm: str, actor: Actor) -> None:
    if confirm != name:
        raise OperationRefused(f"Type {name} to confirm. Nothing was erased.")
    erase_value(release=release, name=name, actor=actor)
