from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.htmx import DashboardRequest

# The only hosts that the Heroku CLI gives a token to, but for Heroku's own.
TRUSTED_BY_THE_CLI = {"localhost", "127.0.0.1"}
TUNNEL = "http://localhost:8000"


@require_safe
def docs_cli(request: DashboardRequest) -> HttpResponse:
    """Tell how the Heroku CLI reaches this server, in lines to paste."""
    own = urlsplit(settings.ROLLBOOK_URL)
    is_local = own.hostname in TRUSTED_BY_THE_CLI
    port = own.port if is_local and own.port else settings.PORT
    server = "server" if is_local else own.hostname
    return render(
        request,
        "dashboard/docs_cli.html",
        {
            "nav": "docs",
            "is_local": is_local,
            "host": settings.ROLLBOOK_URL if is_local else TUNNEL,
            "tunnel": f"ssh -L {port if is_local else 8000}:localhost:{port} user@{server}",
            "is_https": own.scheme == "https",
        },
    )


@require_safe
def docs_api(request: DashboardRequest) -> HttpResponse:
    return render(
        request,
        "dashboard/docs_api.html",
        {"nav": "docs", "url": settings.ROLLBOOK_URL},
    )
