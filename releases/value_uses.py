"""Which releases have a value, to be known before it is erased for good."""

from collections.abc import Sequence
from dataclasses import dataclass

from releases.config import vars_of
from releases.errors import NotFound
from releases.models import App, ConfigVar, Release
from releases.queries import WENT_LIVE
from releases.way_back import default_target

# How many of the newest releases are looked through; a bound on work, not on history.
LOOKED_THROUGH = 1_000


@dataclass(frozen=True)
class ValueUses:
    """The releases that went live with a value, newest first, among those looked through.

    `is_held` where rollbacks leave its key alone: then none of these loses anything.
    """

    versions: Sequence[int]
    looked_through_all: bool
    is_current: bool
    is_held: bool
    last_known_good: Release | None

    @property
    def has_last_known_good(self) -> bool:
        good = self.last_known_good
        return good is not None and good.version in self.versions


def value_uses(release: Release, name: str) -> ValueUses:
    """Return which releases have the value that `name` has in `release`.

    Raises NotFound where it has none.
    """
    app = release.app
    var, current = _vars(app, release, name)
    same = ConfigVar.objects.filter(app=app, name=name, fingerprint=var.fingerprint)
    with_it = app.releases.filter(
        # Versions have no gaps.
        version__gt=app.last_version - LOOKED_THROUGH,
        status__in=WENT_LIVE,
        config_set__var_ids__overlap=list(same.values_list("pk", flat=True)),
    )
    return ValueUses(
        versions=list(with_it.order_by("-version").values_list("version", flat=True)),
        looked_through_all=app.last_version <= LOOKED_THROUGH,
        is_current=current is not None and current.fingerprint == var.fingerprint,
        is_held=name in app.kept_keys or bool(current and current.addon_id),
        last_known_good=default_target(app),
    )


def _vars(app: App, release: Release, name: str) -> tuple[ConfigVar, ConfigVar | None]:
    now = app.current_release.config_set
    config_vars, current_vars = vars_of(release.config_set, now)
    if name not in config_vars:
        raise NotFound(f"{release} of {app} has no config var {name[:60]!r}.")
    return config_vars[name], current_vars.get(name)
