"""Where apps are reached: at a name of ours, and at domains of their own."""

from django.conf import settings

from releases.models import App

HTTP_PORT, HTTPS_PORT = 80, 443


def hosts_of(app_name: str) -> tuple[str, ...]:
    """Return the names that an app is reached by: one of ours, and its own domains."""
    own = (domain for domain, name in settings.APP_DOMAINS.items() if name == app_name)
    return (f"{app_name}.{settings.ROUTER_DOMAIN}", *sorted(own))


def addresses_of(app: App) -> list[str]:
    """Return the addresses of a running app; none where apps do not run here.

    Own domains are reached by https where that is set up: only for those are there
    certificates.
    """
    if not settings.ROLLBOOK_RUNTIME:
        return []
    ours, *own = hosts_of(app.name)
    secure = settings.ROUTER_HTTPS_PORT
    return [_http(ours), *(_https(each) if secure else _http(each) for each in own)]


def _http(host: str) -> str:
    port = settings.ROUTER_PORT
    return f"http://{host}/" if port == HTTP_PORT else f"http://{host}:{port}/"


def _https(host: str) -> str:
    port = settings.ROUTER_HTTPS_PORT
    return f"https://{host}/" if port == HTTPS_PORT else f"https://{host}:{port}/"
