"""The keys of which processes do not see the config var: Rollbook sets them itself.

They are no refusal, as at Heroku: many an .env file has a PORT.
"""

from collections.abc import Iterable

from django.conf import settings

# Each with the processes that it is set for.
OWN_KEYS = {"DYNO": "process", "HEROKU_DYNO_ID": "process", "PORT": "web process"}


def own_key_words(name: str) -> str:
    """Say that a config var of this name is not used; "" if it is."""
    if name not in OWN_KEYS or not settings.ROLLBOOK_RUNTIME:
        return ""
    return f"{name} is not used: Rollbook gives each {OWN_KEYS[name]} its own."


def unused_words(names: Iterable[str]) -> list[str]:
    """Say so of each of `names` that is not used."""
    return [words for name in sorted(names) if (words := own_key_words(name))]
