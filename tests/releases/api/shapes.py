"""Which of Heroku's objects a route answers with; each answer is held against it."""

import re
from collections.abc import Mapping
from typing import Any

from tests.heroku.schema import mistakes

# Not Heroku's: what Heroku lacks, or answers with no object of its schema.
OWN = ""
CONFIG = "config-var"
SHAPES: Mapping[str, str] = {
    "account": "account",
    "account/rate-limits": "rate-limit",
    "account/features": "account-feature",
    "account/keys": "key",
    "teams": "team",
    "users/<user>": "account",
    "users/<user>/apps": "app",
    "oauth/authorizations": "oauth-authorization",
    "oauth/authorizations/<authorization>": "oauth-authorization",
    "oauth/authorizations/<authorization>/actions/regenerate-tokens": (
        "oauth-authorization"
    ),
    "oauth/sessions": OWN,
    "oauth/sessions/<session>": OWN,
    "apps": "app",
    "apps/<app>": "app",
    "filters/apps": "app",
    "apps/<app>/hold": "app",
    "apps/<app>/collaborators": "collaborator",
    "apps/<app>/collaborators/<collaborator>": "collaborator",
    "addons": "add-on",
    "addons/<addon>": "add-on",
    "apps/<app>/addons": "add-on",
    "apps/<app>/addons/<addon>": "add-on",
    "addon-attachments": "add-on-attachment",
    "apps/<app>/addon-attachments": "add-on-attachment",
    "apps/<app>/config-vars": CONFIG,
    "apps/<app>/releases/<release>/config-vars": CONFIG,
    "apps/<app>/kept-keys": OWN,
    "apps/<app>/kept-keys/<name>": OWN,
    "apps/<app>/releases": "release",
    "apps/<app>/releases/<release>": "release",
    "apps/<app>/releases/<release>/plan": OWN,
    "apps/<app>/releases/<release>/marks": "release",
    "apps/<app>/releases/<release>/marks/<kind>": "release",
    "apps/<app>/compare/<old>...<new>": OWN,
    "apps/<app>/at": "release",
    "apps/<app>/slugs": "slug",
    "apps/<app>/slugs/<slug>": "slug",
    "apps/<app>/log-sessions": "log-session",
    "apps/<app>/formation": "formation",
    "apps/<app>/formation/<process_type>": "formation",
    "apps/<app>/formations/<process_type>": OWN,
    "apps/<app>/formations/<process_type>/actions/stop": OWN,
    "apps/<app>/dynos": "dyno",
    "apps/<app>/dynos/<dyno>": "dyno",
    "apps/<app>/dynos/<dyno>/actions/stop": OWN,
    "apps/<app>/activity": "audit-trail-event",
    "apps/<app>/ledger-head": OWN,
    "apps/<app>/domains": "domain",
    "apps/<app>/sni-endpoints": "sni-endpoint",
    "apps/<app>/features": "app-feature",
    "apps/<app>/log-drains": "log-drain",
    "apps/<app>/buildpack-installations": "buildpack-installation",
}


def misshapen(route: str, status: int, answer: Any) -> list[str]:
    """Return what is wrong with an answer of a route, by Heroku's schema."""
    if status >= 400:
        return _wrong_error(answer)
    if status == 202:
        # What is done later has nothing to show yet.
        return [] if answer == {} else ["it shows something"]
    shape = SHAPES[route]
    if shape == OWN:
        return []
    if shape == CONFIG:
        return [
            f"{name} is no config var"
            for name, value in answer.items()
            if not (re.fullmatch(r"\w+", name, re.ASCII) and isinstance(value, str))
        ]
    objects = answer if isinstance(answer, list) else [answer]
    return [wrong for each in objects for wrong in mistakes(shape, each)]


def _wrong_error(answer: Any) -> list[str]:
    if not isinstance(answer, dict):
        return ["an error is no object"]
    return [
        f"an error has no {name}"
        for name in ("id", "message")
        if not isinstance(answer.get(name), str) or not answer[name]
    ]
