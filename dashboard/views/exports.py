from http import HTTPStatus

from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.downloads import download
from dashboard.htmx import DashboardRequest, actor_of
from dashboard.period_forms import ExportForm
from releases.exports import FORMATS
from releases.permissions import Action, require
from releases.queries import open_app


@never_cache
@require_safe
def app_export(request: DashboardRequest, app_name: str) -> HttpResponseBase:
    """Show the form, with the days that the address names, or answer with the file.

    For who manages the app: people's addresses are in it, which no other page shows.
    """
    actor = actor_of(request)
    app, _ = open_app(app_name, actor=actor)
    require(actor, app, Action.MANAGE)
    is_asked = "format" in request.GET
    form = ExportForm(
        request.GET if is_asked else None,
        initial=request.GET.dict(),
    )
    if form.is_valid():
        in_format = form.cleaned_data["format"]
        days = [form.cleaned_data["since"], form.cleaned_data["until"]]
        name = "-".join([f"{app}-history", *(str(day) for day in days if day)])
        return download(FORMATS[in_format](app, **form.period), name, in_format)
    return render(
        request,
        "dashboard/app_export.html",
        {
            "app": app,
            "nav": "apps",
            "crumb": "Export",
            "form": form,
        },
        status=HTTPStatus.UNPROCESSABLE_ENTITY if is_asked else HTTPStatus.OK,
    )
