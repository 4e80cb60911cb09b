"""What the Overview of an app shows: what runs, where it is reached, how it is run."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from dashboard.app_page import current_words
from dashboard.forms import RunSettingsForm, ScaleForm
from dashboard.glance import glance_at, latest_of
from dashboard.htmx import DashboardRequest, actor_of
from dashboard.news import follow
from dashboard.running_words import processes_of
from dashboard.timeline import Shown, entries_of
from dashboard.way_words import way_on_page
from releases.addresses import addresses_of
from releases.going_live import run_settings_of
from releases.live import what_runs
from releases.models import App
from releases.models.running import RELEASE_PHASE
from releases.permissions import Action
from releases.queries import open_app
from releases.snapshot import one_snapshot


@one_snapshot()
def overview_page(
    request: DashboardRequest,
    app_name: str,
    *,
    scale_form: ScaleForm | None = None,
    run_settings_form: RunSettingsForm | None = None,
    new_after: int | None = None,
) -> dict[str, Any]:
    """Return all that the Overview shows; the forms as they were typed, if refused.

    Lines after `new_after` have come while the page was open.
    """
    app, may = open_app(app_name, actor=actor_of(request))
    now, latest = timezone.now(), latest_of(app)
    ask_at = reverse("app_news", args=[app.name])
    shown = Shown(now=now, current={app.current_release_id}, new_after=new_after)
    context = {
        "app": app,
        "nav": "apps",
        "tab": "overview",
        "at": "overview",
        "runs_here": settings.ROLLBOOK_RUNTIME,
        "process_types": _process_types(app),
        "glance": glance_at(app, now),
        "latest": entries_of(latest, shown),
        "may_roll_back": Action.ROLL_BACK in may,
        "may_operate": Action.OPERATE in may,
        "may_manage": Action.MANAGE in may,
    }
    if not settings.ROLLBOOK_RUNTIME:
        news = follow(ask_at, (), latest, shown=False)
        return context | {"now": current_words(app, now), "news": news}
    running = what_runs(app)
    processes = processes_of(running, now)
    run_settings = run_settings_of(app)
    return context | {
        "now": current_words(app, now, running),
        "way": way_on_page(app, made="", user=request.user, now=now),
        "news": follow(ask_at, [("seen", processes.seen)], latest, shown=False),
        "processes": processes,
        "addresses": addresses_of(app),
        "release_phase": _command_of(app, RELEASE_PHASE),
        "run_settings": run_settings,
        "scale_form": scale_form or ScaleForm.of(running.formation),
        "run_settings_form": run_settings_form or RunSettingsForm.of(run_settings),
    }


def _process_types(app: App) -> Sequence[tuple[str, str]]:
    slug = app.current_release.slug
    return sorted(slug.process_types.items()) if slug else []


def _command_of(app: App, process_type: str) -> str:
    return dict(_process_types(app)).get(process_type, "")
