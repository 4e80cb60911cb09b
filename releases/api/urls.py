"""The table of all routes, and the URL map made of it."""

from collections import defaultdict
from collections.abc import Mapping

from django.urls import path

from releases.api.routes import Methods, Route
from releases.api.views import (
    access,
    account,
    addons,
    apps,
    config_vars,
    ledger,
    logs,
    not_here,
    processes,
    releases,
    slugs,
)

ROUTES: list[Route] = [
    *account.ROUTES,
    *apps.ROUTES,
    *access.ROUTES,
    *addons.ROUTES,
    *config_vars.ROUTES,
    *releases.ROUTES,
    *slugs.ROUTES,
    *logs.ROUTES,
    *processes.ROUTES,
    *ledger.ROUTES,
    *not_here.ROUTES,
]


def _by_path() -> Mapping[str, Mapping[str, Route]]:
    found: dict[str, dict[str, Route]] = defaultdict(dict)
    for route in ROUTES:
        found[route.path][route.method] = route
    return found


urlpatterns = [path(each, Methods(methods)) for each, methods in _by_path().items()]
