"""Process types and processes. What Rollbook knows are the types of the current code."""

from releases.api.app_parts import formation_object
from releases.api.call import Answer, Call
from releases.api.errors import invalid, not_found
from releases.api.routes import Need, Route
from releases.permissions import Action

NOT_RUN_HERE = (
    "Rollbook keeps this app's releases and does not run them: it has no processes to"
    " start, scale, restart or stop."
)


def formation_list(call: Call, app: str) -> Answer:
    found = call.app(app)
    slug = found.current_release.slug
    types = sorted(slug.process_types.items()) if slug else []
    return Answer([formation_object(found, name, command) for name, command in types])


def formation_info(call: Call, app: str, process_type: str) -> Answer:
    found = call.app(app)
    slug = found.current_release.slug
    command = slug.process_types.get(process_type) if slug else None
    if command is None:
        raise not_found("process type")
    return Answer(formation_object(found, process_type, command))


def dyno_list(call: Call, app: str) -> Answer:
    call.app(app)
    return Answer([])


def dyno_info(call: Call, app: str, **_named: str) -> Answer:
    call.app(app)
    raise not_found("dyno")


def not_run_here(call: Call, app: str, **_named: str) -> Answer:
    """Refuse what takes running processes, to who might do it if there were any."""
    call.app(app, to_do=Action.OPERATE)
    raise invalid(NOT_RUN_HERE)


ROUTES = [
    Route("GET", "apps/<app>/formation", formation_list, Need.READ),
    Route("PATCH", "apps/<app>/formation", not_run_here, Need.WRITE),
    Route("GET", "apps/<app>/formation/<process_type>", formation_info, Need.READ),
    Route("PATCH", "apps/<app>/formation/<process_type>", not_run_here, Need.WRITE),
    Route("GET", "apps/<app>/dynos", dyno_list, Need.READ),
    Route("POST", "apps/<app>/dynos", not_run_here, Need.WRITE),
    Route("DELETE", "apps/<app>/dynos", not_run_here, Need.WRITE),
    Route("GET", "apps/<app>/dynos/<dyno>", dyno_info, Need.READ),
    Route("DELETE", "apps/<app>/dynos/<dyno>", not_run_here, Need.WRITE),
    Route("POST", "apps/<app>/dynos/<dyno>/actions/stop", not_run_here, Need.WRITE),
    Route("DELETE", "apps/<app>/formations/<process_type>", not_run_here, Need.WRITE),
    Route(
        "POST",
        "apps/<app>/formations/<process_type>/actions/stop",
        not_run_here,
        Need.WRITE,
    ),
]
