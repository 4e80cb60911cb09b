from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from dashboard.app_rows import app_rows
from dashboard.forms import NewAppForm
from dashboard.htmx import DashboardRequest, actor_of, render_page
from releases.errors import OperationRefused
from releases.operations.create_app import create_app
from releases.queries import default_target, last_activities, open_app, visible_apps

APPS_PER_PAGE = 50


@require_safe
def app_list(request: DashboardRequest) -> HttpResponse:
    after = request.GET.get("after", "")
    apps = list(
        visible_apps(actor_of(request)).filter(name__gt=after)[: APPS_PER_PAGE + 1]
    )
    shown = apps[:APPS_PER_PAGE]
    return render_page(
        request,
        "dashboard/app_list.html",
        {
            "nav": "apps",
            "rows": app_rows(shown, last_activities(shown), timezone.now()),
            "after": after,
            "more": f"?after={shown[-1].name}" if len(apps) > len(shown) else "",
        },
        fragment="dashboard/_app_list.html",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def app_create(request: DashboardRequest) -> HttpResponse:
    form = NewAppForm(request.POST if request.method == "POST" else None)
    status = HTTPStatus.OK
    if request.method == "POST" and form.is_valid():
        try:
            app = create_app(name=form.cleaned_data["name"], actor=actor_of(request))
        except OperationRefused as refusal:
            form.add_error("name", str(refusal))
        else:
            return redirect("app_activity", app.name)
    if form.errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(
        request,
        "dashboard/app_create.html",
        {"nav": "apps", "form": form},
        status=status,
    )


@require_safe
def app_rollback(request: DashboardRequest, app_name: str) -> HttpResponse:
    """Lead to the plan of going back to the last known good release."""
    app, _ = open_app(app_name, actor=actor_of(request))
    target = default_target(app)
    if target is None:
        raise OperationRefused(
            f"{app} has no earlier release that went live, differs from what runs and can"
            " be restored. Choose a release on the Activity page.",
            code="no_target",
        )
    return redirect(reverse("release_rollback", args=[app.name, target.version]))
