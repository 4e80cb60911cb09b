from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.downloads import download
from dashboard.htmx import DashboardRequest, actor_of, render_page
from dashboard.insights_page import CSV_COLUMNS, csv_rows, insights_words
from dashboard.period_forms import InsightsForm
from releases import insights as of_releases
from releases.models import App
from releases.permissions import Action
from releases.queries import open_app
from releases.spreadsheets import csv_lines


@require_safe
def insights(request: DashboardRequest) -> HttpResponseBase:
    return _answer(request, reverse("insights"), None)


@require_safe
def app_insights(request: DashboardRequest, app_name: str) -> HttpResponseBase:
    app, may = open_app(app_name, actor=actor_of(request))
    here = reverse("app_insights", args=[app.name])
    return _answer(request, here, app, may_manage=Action.MANAGE in may)


def _answer(
    request: DashboardRequest, here: str, app: App | None, *, may_manage: bool = False
) -> HttpResponseBase:
    form = InsightsForm(request.GET)
    now = timezone.localtime()
    found = of_releases.insights(actor_of(request), weeks=form.chosen, now=now, app=app)
    if request.GET.get("format") == "csv":
        name = f"{app or 'all-apps'}-insights-{found.now.weeks[0].starts}"
        return download(csv_lines(CSV_COLUMNS, csv_rows(found)), name, "csv")
    return render_page(
        request,
        "dashboard/app_insights.html" if app else "dashboard/insights.html",
        insights_words(found, now)
        | {
            "nav": "apps" if app else "insights",
            "tab": "insights",
            "app": app,
            "here": here,
            "may_manage": may_manage,
            "weeks": form.chosen,
            "choices": InsightsForm.WEEKS,
        },
        fragment="dashboard/_insights.html",
    )
