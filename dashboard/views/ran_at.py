from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.htmx import DashboardRequest, actor_of
from dashboard.moment_form import MomentForm
from dashboard.ran_at_page import app_at_page, at_page
from releases.queries import open_app


@require_safe
def at(request: DashboardRequest) -> HttpResponse:
    """Show what all apps ran at a moment, to which the address leads from then on."""
    form, now = MomentForm(request.GET), timezone.now()
    if better := form.better_address(now):
        return redirect(f"{request.path}?{better}")
    context = at_page(actor_of(request), form, now)
    return render(request, "dashboard/at.html", context)


@require_safe
def app_at(request: DashboardRequest, app_name: str) -> HttpResponse:
    """Show what an app ran at a moment, to which the address leads from then on."""
    app, _ = open_app(app_name, actor=actor_of(request))
    form, now = MomentForm(request.GET), timezone.now()
    if better := form.better_address(now):
        return redirect(f"{request.path}?{better}")
    context = app_at_page(app, form, now)
    return render(request, "dashboard/app_at.html", context)
