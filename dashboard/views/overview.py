from dataclasses import replace
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dashboard.forms import RunSettingsForm, ScaleForm
from dashboard.htmx import DashboardRequest, actor_of, render_page, wants_fragment
from dashboard.news import cursor_in, news_words
from dashboard.overview_page import overview_page
from dashboard.refusals import status_of
from dashboard.running_words import processes_of
from releases.errors import NotAllowed, NotFound, OperationRefused
from releases.formation import formation_of
from releases.live import what_runs
from releases.operations.change_run_settings import change_run_settings
from releases.operations.restart_processes import restart_processes, stop_processes
from releases.operations.scale import scale
from releases.operations.set_maintenance import set_maintenance
from releases.permissions import Action
from releases.queries import find_app, open_app
from releases.running import require_runtime
from releases.timeline import timeline_of


@require_safe
def app(request: DashboardRequest, app_name: str) -> HttpResponse:
    return _page(request, app_name)


@never_cache
@require_safe
def app_news(request: DashboardRequest, app_name: str) -> HttpResponse:
    """Tell htmx what came since the page was made, and what runs if that is not as seen."""
    if not wants_fragment(request):
        return redirect("app", app_name)
    app, _ = open_app(app_name, actor=actor_of(request))
    after = cursor_in(request, "after") or 0
    came = timeline_of(app, after=after)
    runs = (
        processes_of(what_runs(app), timezone.now())
        if settings.ROLLBOOK_RUNTIME
        else None
    )
    if not came.activities and (runs is None or runs.seen == request.GET.get("seen")):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    page = overview_page(request, app_name, new_after=after)
    way = page.get("way")
    # From then on it follows itself.
    begins = way and way.release.pk in {line.release_id for line in came.activities}
    told = {
        "news": replace(page["news"], words=news_words(came)),
        "way": way if begins else None,
    }
    return render(request, "dashboard/_overview_came.html", page | told)


@never_cache
@require_safe
def app_processes(request: DashboardRequest, app_name: str) -> HttpResponse:
    """Tell htmx what runs now, if that is not what the page shows already."""
    if not wants_fragment(request):
        return redirect("app", app_name)
    app, may = open_app(app_name, actor=actor_of(request))
    processes = processes_of(what_runs(app), timezone.now())
    if processes.asks and processes.seen == request.GET.get("seen"):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    context = {
        "app": app,
        "processes": processes,
        "may_operate": Action.OPERATE in may,
    }
    return render(request, "dashboard/_running.html", context)


@require_POST
def app_scale(request: DashboardRequest, app_name: str) -> HttpResponse:
    actor = actor_of(request)
    app = find_app(app_name, actor=actor)
    form = ScaleForm(request.POST, formation_of(app, app.current_release.slug))
    try:
        require_runtime()
        formation = scale(app=app, quantities=form.changed, actor=actor)
    except OperationRefused as refusal:
        return _refused(request, app_name, refusal, scale_form=form)
    all_types = ", ".join(f"{name}: {number}" for name, number in formation.items())
    return _done(request, app_name, f"From now on {app} runs {all_types or 'nothing'}.")


@require_POST
def app_restart(request: DashboardRequest, app_name: str) -> HttpResponse:
    actor = actor_of(request)
    name = request.POST.get("name", "")
    try:
        require_runtime()
        restarted = restart_processes(
            app=find_app(app_name, actor=actor), name=name, actor=actor
        )
    except OperationRefused as refusal:
        return _refused(request, app_name, refusal)
    which = ", ".join(dict.fromkeys(map(str, restarted))) or "nothing: none runs"
    return _done(request, app_name, f"Restarting {which}.")


@require_POST
def app_stop(request: DashboardRequest, app_name: str) -> HttpResponse:
    actor = actor_of(request)
    name = request.POST.get("name", "")
    try:
        require_runtime()
        stopped = stop_processes(
            app=find_app(app_name, actor=actor), name=name, actor=actor
        )
    except OperationRefused as refusal:
        return _refused(request, app_name, refusal)
    which = ", ".join(dict.fromkeys(map(str, stopped)))
    return _done(request, app_name, f"Stopping {which}.")


@require_POST
def app_maintenance(request: DashboardRequest, app_name: str) -> HttpResponse:
    actor, on = actor_of(request), request.POST.get("on") == "on"
    try:
        set_maintenance(app=find_app(app_name, actor=actor), on=on, actor=actor)
    except OperationRefused as refusal:
        return _refused(request, app_name, refusal)
    said = f"Maintenance is {'on' if on else 'off'}."
    back = "app_settings" if request.POST.get("from") == "settings" else "app"
    return _done(request, app_name, said, back=back)


@require_POST
def app_run_settings(request: DashboardRequest, app_name: str) -> HttpResponse:
    actor = actor_of(request)
    form = RunSettingsForm(request.POST)
    try:
        require_runtime()
        change_run_settings(
            app=find_app(app_name, actor=actor), change=form.change, actor=actor
        )
    except OperationRefused as refusal:
        return _refused(request, app_name, refusal, run_settings_form=form)
    return _done(request, app_name, f"How {app_name} is run is saved.")


def _done(
    request: DashboardRequest, app_name: str, said: str, *, back: str = "app"
) -> HttpResponse:
    messages.success(request, said)
    if wants_fragment(request):
        return _page(request, app_name)
    return redirect(back, app_name)


def _refused(
    request: DashboardRequest,
    app_name: str,
    refusal: OperationRefused,
    *,
    scale_form: ScaleForm | None = None,
    run_settings_form: RunSettingsForm | None = None,
) -> HttpResponse:
    """Say why nothing was done, beside what was typed; what is not there is not told."""
    if isinstance(refusal, NotAllowed | NotFound):
        raise refusal
    return _page(
        request,
        app_name,
        refusal=refusal,
        scale_form=scale_form,
        run_settings_form=run_settings_form,
    )


def _page(
    request: DashboardRequest,
    app_name: str,
    *,
    refusal: OperationRefused | None = None,
    scale_form: ScaleForm | None = None,
    run_settings_form: RunSettingsForm | None = None,
) -> HttpResponse:
    page = overview_page(
        request,
        app_name,
        scale_form=scale_form,
        run_settings_form=run_settings_form,
    )
    return render_page(
        request,
        "dashboard/app.html",
        page | {"refusal": refusal},
        fragment="dashboard/_operated.html"
        if request.method == "POST"
        else "dashboard/_overview.html",
        status=status_of(refusal) if refusal else HTTPStatus.OK,
    )
