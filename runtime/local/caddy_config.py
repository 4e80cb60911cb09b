"""The configuration of Caddy: what of the apps stays the same as they are deployed.

A change of it makes Caddy start anew inside, which may cost somebody a request. So it is
written for the apps that there are and their names, and says of all else in which file it
is found (router_files.py); Caddy reads that for each request. All paths are relative to
the router's folder, in which Caddy runs: no path of a home can confuse its placeholders.
"""

from collections.abc import Sequence

from django.conf import settings

from runtime.local.caddy_routes import (
    CLOSED_APP,
    Json,
    Site,
    closed_app,
    first_of_all,
    page_of_all,
    redirect_to_https,
    route,
)
from runtime.local.pages import PAGES

ADMIN_SOCKET = "run/admin.sock"
# The numbers of the listening sockets that bin/up hands down are in its environment.
PLAIN_SOCKET, SECURE_SOCKET = "ROUTER_PLAIN_SOCKET", "ROUTER_SECURE_SOCKET"

GRACE = "5s"


def configuration(sites: Sequence[Site]) -> Json:
    http: dict[str, object] = {
        "grace_period": GRACE,
        "http_port": settings.ROUTER_PORT,
        "servers": {"plain": _plain_server(sites)},
    }
    apps: dict[str, object] = {"http": http}
    if settings.ROUTER_HTTPS_PORT:
        http["https_port"] = settings.ROUTER_HTTPS_PORT
        http["servers"] = {
            "plain": _plain_server(sites),
            "secure": _secure_server(sites),
        }
        apps["tls"] = {"automation": {"policies": [{"issuers": [_issuer()]}]}}
        # The machine need not believe the certificates that we make ourselves.
        apps["pki"] = {"certificate_authorities": {"local": {"install_trust": False}}}
    return {
        "admin": {
            "listen": f"unix/{ADMIN_SOCKET}|0600",
            "config": {"persist": False},
        },
        "storage": {"module": "file_system", "root": "store"},
        "logging": {"logs": _logs(sites)},
        "apps": apps,
    }


def _plain_server(sites: Sequence[Site]) -> Json:
    routes = [route(site, _plain_hosts(site)) for site in sites if _plain_hosts(site)]
    redirected = [host for site in sites for host in _secure_hosts(site)]
    if redirected:
        routes.append(redirect_to_https(redirected))
    return {
        "listen": [f"fd/{{env.{PLAIN_SOCKET}}}"],
        "protocols": ["h1"],
        "automatic_https": {"disable": True},
        **_server(sites, routes, port=settings.ROUTER_PORT),
    }


def _secure_server(sites: Sequence[Site]) -> Json:
    routes = [route(site, _secure_hosts(site)) for site in sites if _secure_hosts(site)]
    return {
        "listen": [f"fd/{{env.{SECURE_SOCKET}}}"],
        # HTTP/3 would need a socket of another kind.
        "protocols": ["h1", "h2"],
        "automatic_https": {"disable_redirects": True},
        **_server(sites, routes, port=settings.ROUTER_HTTPS_PORT),
    }


def _server(sites: Sequence[Site], routes: Sequence[Json], *, port: int) -> Json:
    proxies = [str(network) for network in settings.ROLLBOOK_TRUSTED_PROXIES]
    found: dict[str, object] = {
        "read_header_timeout": "30s",
        "idle_timeout": "2m",
        "named_routes": {CLOSED_APP: {"handle": [closed_app()]}},
        "routes": [
            *first_of_all(proxies, port),
            *routes,
            {"handle": [page_of_all(PAGES["unknown"])]},
        ],
        "errors": {
            "routes": [
                {
                    "match": [{"vars": {"{http.error.status_code}": ["504"]}}],
                    "handle": [page_of_all(PAGES["late"])],
                },
                {"handle": [page_of_all(PAGES["failed"])]},
            ]
        },
        "logs": {
            "logger_names": {
                host: [site.app_id] for site in sites for host in site.hosts
            },
            "skip_unmapped_hosts": True,
        },
    }
    if proxies:
        found["trusted_proxies"] = {"source": "static", "ranges": proxies}
        found["trusted_proxies_strict"] = 1
    return found


def _logs(sites: Sequence[Site]) -> Json:
    """Say where is written what: each app's requests in a file of its own."""
    size = max(1, settings.LOG_MEGABYTES // 2)
    return {
        "default": {
            "level": "WARN",
            "exclude": ["http.log.access"],
            "encoder": _encoder(),
            "writer": _file("log/caddy.log", megabytes=5),
        }
    } | {
        site.app_id: {
            "include": [f"http.log.access.{site.app_id}"],
            "encoder": _encoder(),
            "writer": _file(f"log/{site.app_id}.json", megabytes=size),
        }
        for site in sites
    }


def _file(name: str, *, megabytes: int) -> Json:
    return {
        "output": "file",
        "filename": name,
        "roll_size_mb": megabytes,
        "roll_keep": 1,
        "roll_gzip": False,
    }


def _encoder() -> Json:
    """Leave out what may be secret: headers, and all of an address from the ? on."""
    unwanted = ("request>headers", "request>remote_ip", "resp_headers", "user_id")
    fields: dict[str, object] = {name: {"filter": "delete"} for name in unwanted}
    fields["uuid"] = {"filter": "delete"}
    fields["request>uri"] = {"filter": "regexp", "regexp": r"\?.*", "value": ""}
    return {"format": "filter", "wrap": {"format": "json"}, "fields": fields}


def _issuer() -> Json:
    """Say who certifies own domains: Let's Encrypt, another by ACME, or Caddy itself."""
    authority, email = settings.ROUTER_ACME_CA, settings.ROUTER_ACME_EMAIL
    if authority == "internal":
        return {"module": "internal"}
    given = {"ca": authority, "email": email}
    return {"module": "acme"} | {name: text for name, text in given.items() if text}


def _secure_hosts(site: Site) -> list[str]:
    if not settings.ROUTER_HTTPS_PORT:
        return []
    return [host for host in site.hosts if host in settings.APP_DOMAINS]


def _plain_hosts(site: Site) -> list[str]:
    secure = _secure_hosts(site)
    return [host for host in site.hosts if host not in secure]
