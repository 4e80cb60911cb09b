"""Automatic rollback: a release that fails in front of users is taken back, once.

An app opts in. Within a while of going live, its web processes must not crash again and
again, nor its error rate exceed a limit and that of the release before. Never across
migrations, and never from a rollback: what that went back to, people chose.
"""

import logging
from datetime import timedelta

from django.conf import settings

from releases.actors import Actor
from releases.errors import OperationRefused
from releases.models import Release, Rollout
from releases.models.running import WEB
from releases.operations.roll_back import roll_back
from releases.plans import plan
from releases.queries import default_target
from runtime.driver import Driver
from runtime.picture import Picture

logger = logging.getLogger(__name__)


def go_back_if_it_fails(picture: Picture, driver: Driver) -> Release | None:
    """Roll back to the last known good if the app wants that and there is evidence."""
    if not is_watched(picture):
        return None
    evidence = _crashes(picture) or _errors(picture, driver)
    target = default_target(picture.app) if evidence else None
    if target is None:
        return None
    actor = Actor.system()
    found = plan(app=picture.app, to=target.version, actor=actor)
    if found.blockers or found.code.migrations:
        logger.warning(
            "%s is not taken back to %s by itself: migrations or blockers between",
            picture.app,
            target,
        )
        return None
    try:
        return roll_back(
            app=picture.app,
            to=target.version,
            plan_digest=found.digest,
            reason=f"Automatic rollback: {evidence}",
            mark_bad=True,
            actor=actor,
            idempotency_key=f"automatic/{picture.current.pk}",
        )
    except OperationRefused as refusal:
        logger.warning("%s is not taken back by itself: %s", picture.app, refusal)
        return None


def is_watched(picture: Picture) -> bool:
    """Whether the app wants that, and its current release went live a short while ago."""
    if not picture.settings.automatic_rollback:
        return False
    if picture.pending or picture.current.kind == Release.Kind.ROLLBACK:
        return False
    rollout = Rollout.objects.filter(release=picture.current).first()
    return bool(
        rollout
        and rollout.live_at
        and picture.now - rollout.live_at < timedelta(seconds=settings.WATCH_FOR)
    )


def _crashes(picture: Picture) -> str:
    for process in picture.of(picture.current, WEB):
        if process.restarts >= settings.WATCH_CRASHES:
            return (
                f"{process} of {picture.current} crashed {process.restarts} times"
                f" since it went live ({process.message or 'and was started again'})."
            )
    return ""


def _errors(picture: Picture, driver: Driver) -> str:
    now = driver.traffic(picture.app.pk, picture.current.version)
    if now.requests < settings.WATCH_REQUESTS:
        return ""
    rate = now.failed / now.requests
    before = _rate_before(picture, driver)
    if rate <= settings.WATCH_ERROR_RATE or rate <= 2 * before:
        return ""
    return (
        f"{now.failed:,} of {now.requests:,} requests to {picture.current} failed"
        f" ({rate:.0%}), and {before:.0%} of those to the release before."
    )


def _rate_before(picture: Picture, driver: Driver) -> float:
    idle = picture.idle()
    if not idle:
        return 0.0
    before = driver.traffic(picture.app.pk, idle[0].release.version)
    return before.failed / before.requests if before.requests else 0.0
