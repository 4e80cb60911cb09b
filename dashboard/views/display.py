from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from dashboard.display import THEME, THEMES, ZONE, is_zone, keep, zones
from dashboard.htmx import DashboardRequest


@require_http_methods(["GET", "HEAD", "POST"])
def display(request: DashboardRequest) -> HttpResponse:
    """Show how this browser shows pages, and change it. What is unknown is the default."""
    if request.method != "POST":
        context = {"nav": "display", "themes": THEMES, "regions": zones()}
        return render(request, "dashboard/display.html", context)
    theme, zone = request.POST.get(THEME, ""), request.POST.get(ZONE, "")
    response = redirect("display")
    keep(response, THEME, theme if theme in THEMES else "")
    keep(response, ZONE, zone if is_zone(zone) else "")
    messages.success(request, "Saved for this browser.")
    return response
