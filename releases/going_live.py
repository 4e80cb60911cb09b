"""How a release will go live, known before it is made, so that a plan can say so.

The runtime goes by the same rules: what is promised here is what it does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.utils import timezone

from releases.chain import config_set_fingerprint
from releases.formation import formation_of
from releases.models import App, Process, Release, RunSettings, Slug
from releases.models.running import RELEASE_PHASE, WEB
from releases.restoring import Outcome, same_code


class Way(StrEnum):
    """What has to happen before a release gets the traffic.

    Where apps do not run here nothing has to, and where there is no web process.
    """

    WARM = "warm"
    COLD = "cold"
    AT_ONCE = "at once"


@dataclass(frozen=True)
class GoesLive:
    """How a rollback will go live. `release_phase` is the command of one that runs first.

    `skips_phase` says that there is one, and that it does not run again.
    """

    way: Way
    release_phase: str = ""
    skips_phase: bool = False

    @property
    def sentences(self) -> list[str]:
        """Say so, promising only what is known; nothing where apps do not run here."""
        if not settings.ROLLBOOK_RUNTIME:
            return []
        said = [_SENTENCES[self.way]]
        if self.release_phase:
            said.insert(0, f"It runs the release phase first: `{self.release_phase}`.")
        elif self.skips_phase:
            said.append("The release phase is not run again.")
        return said


_SENTENCES = {
    Way.WARM: "Its web processes are still running idle: traffic switches at once.",
    Way.COLD: "Its processes are started first; traffic moves when they answer.",
    Way.AT_ONCE: "It has no web process to wait for.",
}


def how_it_goes_live(app: App, outcome: Outcome) -> GoesLive:
    """Say how a rollback of `app` that leads to `outcome` would go live now."""
    slug = outcome.slug
    if not settings.ROLLBOOK_RUNTIME or slug is None:
        return GoesLive(Way.AT_ONCE)
    phase = release_phase_of(slug, is_rollback=True, wants=run_settings_of(app))
    skips_phase = RELEASE_PHASE in slug.process_types and not phase
    formation = formation_of(app, slug)
    if not formation.get(WEB, 0):
        return GoesLive(Way.AT_ONCE, phase, skips_phase)
    idle = list(
        app.processes.filter(
            state=Process.State.IDLE, idle_until__gt=timezone.now()
        ).select_related("release__slug", "release__config_set")
    )
    is_warm = (
        not phase
        and bool(idle)
        and fits(
            idle,
            idle[0].release,
            slug=slug,
            config_fingerprint=config_set_fingerprint(outcome.config_vars.values()),
            formation=formation,
        )
    )
    return GoesLive(Way.WARM if is_warm else Way.COLD, phase, skips_phase)


def fits(
    idle: Sequence[Process],
    ran_for: Release,
    *,
    slug: Slug | None,
    config_fingerprint: str,
    formation: dict[str, int],
) -> bool:
    """Whether idle processes are just what a release of this slug and config would start.

    Heroku's metadata aside, which names the release that they were started for.
    """
    return (
        formation.get(WEB, 0) == len(idle) > 0
        and same_code(ran_for.slug, slug)
        and ran_for.config_set.fingerprint == config_fingerprint
    )


def release_phase_of(
    slug: Slug | None, *, is_rollback: bool, wants: RunSettings
) -> str:
    """Return the command to run before a release of `slug` goes live; "" for none.

    A rollback runs none, unless the app wants it to.
    """
    if slug is None or (is_rollback and not wants.release_phase_on_rollback):
        return ""
    command: str = slug.process_types.get(RELEASE_PHASE, "")
    return command


def run_settings_of(app: App) -> RunSettings:
    """Return how `app` wants to be run: by default, where nobody said so."""
    return RunSettings.objects.filter(app=app).first() or RunSettings(app=app)
