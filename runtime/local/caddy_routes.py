"""What Caddy does with a request: for every one, for those to an app, and instead of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings

from runtime.local.pages import CLOSED, Page

Json = Mapping[str, object]

HTTPS = 443
# The name of a route that all apps share.
CLOSED_APP = "closed-app"
# How long a request is offered to upstreams that refuse it: one may be starting again.
TRY_FOR, TRY_EVERY = "5s", "100ms"
# Heroku's patience with an app that got a request and does not begin to answer.
ANSWER_WITHIN = "30s"
# Shorter than servers wait: they close idle connections at 2 seconds (gunicorn) or later,
# and a request that meets such an end fails if it may not be sent twice.
UPSTREAM_IDLES = "1s"
# How long websockets go on after the configuration changed.
STREAMS_GO_ON = "10m"
# Heroku's rule for ids that a client may give.
REQUEST_ID = "^[A-Za-z0-9+/=-]{20,200}$"
PORT = "^[0-9]{1,5}$"
_JSON_TYPE = r"\s*application/([\w.+-]+\+)?json\s*(;[^,]*)?"
JSON_ONLY = f"(?i)^{_JSON_TYPE}(,{_JSON_TYPE})*$"


@dataclass(frozen=True)
class Site:
    """An app as the configuration knows it; `slots` is how many upstreams it may have."""

    app_id: str
    hosts: tuple[str, ...]
    slots: int


def first_of_all(proxies: Sequence[str], port: int) -> list[Json]:
    """Return what holds for every request: its id, port, length, and what is not believed."""
    forget: dict[str, object] = {
        "handle": [
            {
                "handler": "headers",
                "request": {"delete": ["X-Forwarded-*", "Forwarded"]},
            }
        ]
    }
    port_of_proxy: list[Json] = []
    if proxies:
        is_proxy = {"remote_ip": {"ranges": proxies}}
        forget["match"] = [{"not": [is_proxy]}]
        port_of_proxy = [
            {
                "match": [is_proxy | _header("X-Forwarded-Port", PORT, name="port")],
                "handle": [{"handler": "vars", "port": "{http.regexp.port.0}"}],
            }
        ]
    return [
        {
            "handle": [
                {
                    "handler": "vars",
                    "request_id": "{http.request.uuid}",
                    "port": str(port),
                    "length": "{http.request.header.Content-Length}",
                }
            ]
        },
        {
            "match": [_header("X-Request-Id", REQUEST_ID, name="id")],
            "handle": [{"handler": "vars", "request_id": "{http.regexp.id.0}"}],
        },
        {
            "match": [_header("Accept", JSON_ONLY)],
            "handle": [{"handler": "vars", "wants": "json"}],
        },
        {
            "match": [{"header": {"Transfer-Encoding": ["*"]}}],
            "handle": [{"handler": "vars", "length": "unknown"}],
        },
        *port_of_proxy,
        forget,
        {"handle": [*_answer_headers(), *_logged()]},
    ]


def _answer_headers() -> list[Json]:
    return [
        # Caddy's own, which is there already; that of an app comes later and stays.
        {"handler": "headers", "response": {"delete": ["Server"]}},
        {
            "handler": "headers",
            "response": {
                "deferred": True,
                "set": {"X-Request-Id": ["{http.vars.request_id}"]},
                "replace": {"Via": [{"search": "Caddy", "replace": "rollbook"}]},
            },
        },
    ]


def _logged() -> list[Json]:
    return [
        {"handler": "log_append", "key": key, "value": value}
        for key, value in (
            ("app", "{http.vars.app}"),
            ("request_id", "{http.vars.request_id}"),
            ("upstream", "{http.reverse_proxy.upstream.hostport}"),
            # Of the body that was to come: how much of it came is there already.
            ("length", "{http.vars.length}"),
        )
    ]


def route(site: Site, hosts: Sequence[str]) -> Json:
    """Return where requests to `hosts` go: to the app, or to a page if a file says so."""
    folder = f"apps/{site.app_id}/now"
    return {
        "match": [{"host": hosts}],
        "handle": [
            {"handler": "vars", "app": site.app_id},
            # As the request comes in: what answers it may be another release by then.
            {
                "handler": "log_append",
                "key": "release",
                "value": f"{{file.{folder}/release}}",
                "early": True,
            },
            {
                "handler": "subroute",
                "routes": [
                    {
                        "match": [_exists(f"{folder}/closed.html")],
                        "handle": [
                            {
                                "handler": "vars",
                                "html": f"{{file.{folder}/closed.html}}",
                                "json": f"{{file.{folder}/closed.json}}",
                            },
                            {"handler": "invoke", "name": CLOSED_APP},
                        ],
                        "terminal": True,
                    },
                    {"handle": [_proxy(site, folder)]},
                ],
            },
        ],
        "terminal": True,
    }


def _proxy(site: Site, folder: str) -> Json:
    return {
        "handler": "reverse_proxy",
        "upstreams": [
            {"dial": f"{{file.{folder}/{slot}}}"} for slot in range(site.slots)
        ],
        "load_balancing": {
            "selection_policy": {"policy": "round_robin"},
            "try_duration": TRY_FOR,
            "try_interval": TRY_EVERY,
        },
        "stream_close_delay": STREAMS_GO_ON,
        "headers": {
            "request": {
                "set": {
                    "X-Request-Id": ["{http.vars.request_id}"],
                    "X-Request-Start": ["{time.now.unix_ms}"],
                    "X-Forwarded-Port": ["{http.vars.port}"],
                },
                "replace": {"Via": [{"search": "Caddy", "replace": "rollbook"}]},
            }
        },
        "transport": {
            "protocol": "http",
            "dial_timeout": "2s",
            "response_header_timeout": ANSWER_WITHIN,
            "compression": False,
            "keep_alive": {"idle_timeout": UPSTREAM_IDLES},
        },
    }


def page_handler(status: int, html: str, json: str) -> Json:
    """Answer with a page of ours, or with JSON to who wants nothing else."""
    return {
        "handler": "subroute",
        "routes": [
            {
                "match": [{"vars": {"wants": ["json"]}}],
                "handle": _static(status, json, "application/json"),
                "terminal": True,
            },
            {"handle": _static(status, html, "text/html; charset=utf-8")},
        ],
    }


def page_of_all(page: Page) -> Json:
    """Answer with one of the pages that are the same for all apps."""
    file = f"file.pages/{page.name}"
    return page_handler(page.status, f"{{{file}.html}}", f"{{{file}.json}}")


def closed_app() -> Json:
    """Answer with the page that an app has put up, and named to this route."""
    return page_handler(CLOSED, "{http.vars.html}", "{http.vars.json}")


def _static(status: int, body: str, content_type: str) -> list[Json]:
    return [
        {
            "handler": "headers",
            "response": {
                "set": {
                    "Content-Type": [content_type],
                    "Cache-Control": ["no-store"],
                    "Content-Security-Policy": [
                        "default-src 'none'; style-src 'unsafe-inline'"
                    ],
                    "X-Content-Type-Options": ["nosniff"],
                }
            },
        },
        {"handler": "static_response", "status_code": status, "body": body},
    ]


def redirect_to_https(hosts: Sequence[str]) -> Json:
    port = settings.ROUTER_HTTPS_PORT
    at = "" if port == HTTPS else f":{port}"
    location = f"https://{{http.request.host}}{at}{{http.request.uri}}"
    return {
        "match": [{"host": hosts}],
        "handle": [
            {
                "handler": "static_response",
                "status_code": 308,
                "headers": {"Location": [location]},
            }
        ],
        "terminal": True,
    }


def _exists(file: str) -> Json:
    return {"file": {"root": ".", "try_files": [f"/{file}"]}}


def _header(field: str, pattern: str, **more: str) -> dict[str, object]:
    return {"header_regexp": {field: {"pattern": pattern, **more}}}
