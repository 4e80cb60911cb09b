"""Processes that wait idle for a way back, and whether a release can take them up."""

from collections.abc import Sequence

from releases.models import ConfigSet, Process, Release, Slug
from releases.models.running import WEB
from releases.restoring import same_code


def fits(
    idle: Sequence[Process],
    ran_for: Release,
    *,
    slug: Slug | None,
    config_set: ConfigSet,
    formation: dict[str, int],
) -> bool:
    """Whether idle processes are just what a release of this slug and config would start.

    Heroku's metadata aside, which names the release that they were started for.
    """
    return (
        formation.get(WEB, 0) == len(idle) > 0
        and same_code(ran_for.slug, slug)
        and ran_for.config_set.fingerprint == config_set.fingerprint
    )
