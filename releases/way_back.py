"""Where going back leads, if nobody says where."""

from dataclasses import dataclass

from releases.config import vars_of
from releases.models import App, Release
from releases.queries import find_release
from releases.restoring import Scope, Standpoint, last_known_good, standpoint


@dataclass(frozen=True)
class WayBack:
    """The release to go back to, and what of it can be restored."""

    target: Release
    scope: Scope


def default_target(app: App) -> Release | None:
    """Return the last known good release of `app`, if there is one."""
    return last_known_good(_here(app))


def way_back(app: App) -> WayBack | None:
    """Return the last known good release; or, where values were erased, the one by its code.

    Never one by its config alone: new config under code that was not chosen is nothing
    to be led to.
    """
    now = _here(app)
    for scope in (Scope.EVERYTHING, Scope.CODE):
        if target := last_known_good(now, scope):
            return WayBack(target, scope)
    return None


def _here(app: App) -> Standpoint:
    current = find_release(app)
    return standpoint(app, current, *vars_of(current.config_set))
