from http import HTTPStatus
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.forms import LogForm
from dashboard.htmx import DashboardRequest, actor_of, render_page, wants_fragment
from dashboard.log_page import Cursor, LogPage, lines_after, newest_lines
from releases.live import what_runs
from releases.log_formats import API, ROUTER
from releases.models import App
from releases.queries import open_app

FILTERS = ("process", "source", "release", "search")


@never_cache
@require_safe
def app_logs(request: DashboardRequest, app_name: str) -> HttpResponse:
    """Show the newest lines; to htmx that has a cursor, only what came after it."""
    app, _ = open_app(app_name, actor=actor_of(request))
    form = LogForm(request.GET)
    after, now = Cursor.read(request.GET.get("after", "")), timezone.now()
    if after and wants_fragment(request):
        more = lines_after(app, form, after, now)
        if not more.lines:
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        context = {"log": more, "tail_url": _tail_url(request, app, more)}
        return render(request, "dashboard/_log_more.html", context)
    log = newest_lines(app, form, now)
    context = {
        "app": app,
        "nav": "apps",
        "tab": "logs",
        "here": reverse("app_logs", args=[app.name]),
        "runs_here": settings.ROLLBOOK_RUNTIME,
        "log": log,
        "log_form": form,
        "tail_url": _tail_url(request, app, log) if form.follows else "",
        "names": _names(app),
    }
    return render_page(
        request, "dashboard/app_logs.html", context, fragment="dashboard/_log.html"
    )


def _tail_url(request: DashboardRequest, app: App, log: LogPage) -> str:
    asked = [(name, request.GET[name]) for name in FILTERS if request.GET.get(name)]
    asked += [("tail", "on"), ("after", str(log.cursor))]
    return f"{reverse('app_logs', args=[app.name])}?{urlencode(asked)}"


def _names(app: App) -> list[str]:
    running = what_runs(app)
    names = {str(process) for process in running.processes}
    return sorted({*names, *running.formation, ROUTER, API})
