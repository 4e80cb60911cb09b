"""Where going back leads, if nobody says where."""

from dataclasses import dataclass

from releases.config import vars_of
from releases.models import App, Release
from releases.queries import find_release
from releases.restoring import Scope, last_known_good, standpoint


@dataclass(frozen=True)
class WayBack:
    """The release to go back to, and what of it can be restored."""

    target: Release
    scope: Scope


def way_back(app: App) -> WayBack | None:
    """Return the last known good release; or, where values were erased, the one by its code.

    Never one by its config alone: new config under code that was not chosen is nothing
    to be led to.
    """
    current = find_release(app)
    now = standpoint(app, current, *vars_of(current.config_set))
    for scope in (Scope.EVERYTHING, Scope.CODE):
        if target := last_known_good(now, scope):
            return WayBack(target, scope)
    return None
