"""Where a rollback goes."""

from releases.errors import OperationRefused
from releases.models import App
from releases.queries import default_target


def chosen_target(app: App, version: int | None) -> int:
    """Return the version that was named, or else that of the last known good release."""
    if version is not None:
        return version
    target = default_target(app)
    if target is None:
        raise OperationRefused(
            f"{app} has no earlier release that is known to be good;"
            " name the one to go to.",
            code="no_default_target",
        )
    return target.version
