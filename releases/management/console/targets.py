"""Where a rollback goes."""

from releases.errors import OperationRefused
from releases.models import App
from releases.restoring import Scope
from releases.way_back import way_back


def chosen_target(app: App, version: int | None, scope: Scope) -> int:
    """Return the version that was named, or else that of the last known good release."""
    if version is not None:
        return version
    way = way_back(app)
    if way is None:
        raise OperationRefused(
            f"{app} has no earlier release that is known to be good;"
            " name the one to go to.",
            code="no_default_target",
        )
    if way.scope not in {scope, Scope.EVERYTHING}:
        raise OperationRefused(
            f"{app} has no earlier release with all its config values; some were erased."
            f" The {way.scope} of {way.target} alone can be restored: --scope {way.scope}",
            code="no_default_target",
        )
    return way.target.version
