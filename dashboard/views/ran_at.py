from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.forms import MomentForm
from dashboard.htmx import DashboardRequest, actor_of
from dashboard.times import lasted, moment
from releases.queries import config_of, open_app, release_at, went_live_after


@require_safe
def app_at(request: DashboardRequest, app_name: str) -> HttpResponse:
    """Show what an app ran at a moment, to which the address leads from then on."""
    app, _ = open_app(app_name, actor=actor_of(request))
    now = timezone.now()
    form = MomentForm(request.GET)
    asked = min(form.moment or now, now)
    release = release_at(app, asked)
    context = {
        "nav": "apps",
        "app": app,
        "crumb": "What ran at",
        "form": form,
        "asked": moment(asked, now),
        # As a browser's field for it takes and shows it.
        "field": timezone.localtime(asked).strftime("%Y-%m-%dT%H:%M:%S"),
        "is_nonsense": bool(request.GET.get("time")) and form.moment is None,
        "is_ahead": bool(form.moment and form.moment > now),
        "release": release,
    }
    if release and release.settled_at:
        after = went_live_after(release)
        until = after.settled_at if after else None
        context |= {
            "is_current": release.pk == app.current_release_id,
            "since": moment(release.settled_at, now),
            "until": moment(until, now) if until else None,
            "after": after,
            "lasted": lasted((until or now) - release.settled_at),
            "config": [var.name for var in config_of(release)],
        }
    return render(request, "dashboard/app_at.html", context)
