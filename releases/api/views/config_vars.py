"""Config vars of an app and of a release; kept keys. Values go to who may have them."""

from collections.abc import Mapping
from functools import partial

from releases.api.bodies import read_json
from releases.api.call import Answer, Call
from releases.api.errors import bad_request, invalid
from releases.api.routes import Need, Route
from releases.models import App, Release
from releases.operations.change_config import change_config
from releases.operations.keep_key import keep_key, unkeep_key
from releases.operations.reveal_config import reveal_config
from releases.waiting import after_pending


def config_info(call: Call, app: str) -> Answer:
    return Answer(_values(call, call.app(app)))


def release_config_info(call: Call, app: str, release: str) -> Answer:
    found = call.app(app)
    return Answer(_values(call, found, call.release(found, release)))


def config_update(call: Call, app: str) -> Answer:
    """Set what has a value and unset what is null, as one release or none."""
    asked = _changes(read_json(call.request))
    found = call.app(app)
    change = partial(
        change_config,
        app=found,
        set_vars={name: value for name, value in asked.items() if value is not None},
        unset=[name for name, value in asked.items() if value is None],
        actor=call.actor,
        idempotency_key=call.idempotency_key,
    )
    release = after_pending(found, change)
    return Answer(_values(call, found, release))


def kept_keys(call: Call, app: str) -> Answer:
    return Answer(call.app(app).kept_keys)


def kept_key_add(call: Call, app: str, name: str) -> Answer:
    return Answer(keep_key(app=call.app(app), name=name, actor=call.actor).kept_keys)


def kept_key_remove(call: Call, app: str, name: str) -> Answer:
    return Answer(unkeep_key(app=call.app(app), name=name, actor=call.actor).kept_keys)


def _values(call: Call, app: App, release: Release | None = None) -> dict[str, str]:
    return reveal_config(app=app, actor=call.actor, release=release)


def _changes(body: object) -> Mapping[str, str | None]:
    """Read a body of names and values. Never repeats a value: it may be a secret."""
    if not isinstance(body, dict):
        raise bad_request("The body must be a JSON object.")
    for name, value in body.items():
        if value is not None and not isinstance(value, str):
            raise invalid(
                f"The value of {name[:60]!r} must be a string, or null to unset it.",
                field=name[:60],
            )
    return body


ROUTES = [
    Route("GET", "apps/<app>/config-vars", config_info, Need.READ_PROTECTED),
    Route("PATCH", "apps/<app>/config-vars", config_update, Need.WRITE_PROTECTED),
    Route(
        "GET",
        "apps/<app>/releases/<release>/config-vars",
        release_config_info,
        Need.READ_PROTECTED,
    ),
    Route("GET", "apps/<app>/kept-keys", kept_keys, Need.READ_PROTECTED),
    Route("PUT", "apps/<app>/kept-keys/<name>", kept_key_add, Need.WRITE_PROTECTED),
    Route(
        "DELETE", "apps/<app>/kept-keys/<name>", kept_key_remove, Need.WRITE_PROTECTED
    ),
]
