from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from dashboard.app_page import few_keys
from dashboard.config_form import ConfigForm
from dashboard.config_page import config_page, pending_of
from dashboard.htmx import DashboardRequest, actor_of, render_page, wants_fragment
from dashboard.refusals import status_of
from releases.errors import NotAllowed, NotFound, OperationRefused
from releases.models import Release
from releases.operations.change_config import ConfigMoved, change_config
from releases.operations.keep_key import keep_key, unkeep_key
from releases.permissions import Action, require
from releases.queries import find_app, find_release, open_app


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def app_config(request: DashboardRequest, app_name: str) -> HttpResponse:
    """Show the config vars; by POST, say what a change would do, or save it.

    What was typed and could not be saved stays typed. It is on no page but the answer to
    whoever typed it, which no cache and no history keeps.
    """
    if request.method != "POST":
        return _page(request, app_name)
    form = ConfigForm.of(request.POST)
    if "preview" in request.POST:
        return _preview(request, app_name, form)
    try:
        made = change_config(
            app=find_app(app_name, actor=actor_of(request)),
            set_vars=form.values,
            unset=form.unset,
            reason=form.reason,
            seen=form.seen,
            idempotency_key=f"page/{form.key}" if form.key else "",
            actor=actor_of(request),
        )
    except (NotAllowed, NotFound):
        raise
    except ConfigMoved as moved:
        form.seen = None
        return _page(request, app_name, form, refusal=moved)
    except OperationRefused as refusal:
        return _page(request, app_name, form, refusal=refusal)
    return _saved(request, app_name, made)


@require_POST
def app_config_keep(request: DashboardRequest, app_name: str) -> HttpResponse:
    """Keep a key across rollbacks, or let it go back with the others again."""
    name, keeps = request.POST.get("name", "").strip(), request.POST.get("keep") == "on"
    actor = actor_of(request)
    app = find_app(app_name, actor=actor)
    words = "keeps its value across rollbacks" if keeps else "goes back with the others"
    try:
        (keep_key if keeps else unkeep_key)(app=app, name=name, actor=actor)
    except (NotAllowed, NotFound):
        raise
    except OperationRefused as refusal:
        if refusal.code != "no_change":
            return _page(request, app_name, refusal=refusal, to_keep=name)
        messages.info(request, str(refusal))
    else:
        messages.success(request, f"From now on {name} {words}.")
    if request.POST.get("at") == "key":
        return redirect("app_config_key", app_name, name)
    return redirect("app_config", app_name)


def _preview(
    request: DashboardRequest, app_name: str, form: ConfigForm
) -> HttpResponse:
    if not wants_fragment(request):
        return _page(request, app_name, form)
    actor = actor_of(request)
    app = find_app(app_name, actor=actor)
    require(actor, app, Action.CONFIGURE)
    context = {
        "pending": pending_of(app, find_release(app), form),
        "next_version": app.last_version + 1,
    }
    return render(request, "dashboard/_config_pending.html", context)


def _saved(
    request: DashboardRequest, app_name: str, made: Release | None
) -> HttpResponse:
    there = resolve_url("app_config", app_name)
    if made and made.status == Release.Status.PENDING:
        # Where its way live is to be seen.
        there = f"{resolve_url('app_activity', app_name)}?made={made}"
    elif made:
        messages.success(request, f"{made} is live: {few_keys(made)}.")
    else:
        messages.info(request, "Nothing changes: the config is so already.")
    if wants_fragment(request):
        return HttpResponseClientRedirect(there)
    return redirect(there)


def _page(
    request: DashboardRequest,
    app_name: str,
    form: ConfigForm | None = None,
    *,
    refusal: OperationRefused | None = None,
    to_keep: str = "",
) -> HttpResponse:
    app, may = open_app(app_name, actor=actor_of(request))
    moved = refusal.changes if isinstance(refusal, ConfigMoved) else ()
    page = config_page(app, may, form, timezone.now(), moved=moved)
    if form and form.seen is None:
        form.seen = page["release"].version
    return render_page(
        request,
        "dashboard/app_config.html",
        page | {"refusal": refusal, "to_keep": to_keep},
        fragment="dashboard/_config.html",
        status=status_of(refusal) if refusal else HTTPStatus.OK,
    )
