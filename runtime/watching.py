"""Automatic rollback: a release that fails in front of users is taken back, once.

An app opts in. Within a while of going live, its web processes must not crash again and
again, nor its error rate exceed a limit and that of the release before. Never across
migrations, and never from a rollback: what that went back to, people chose.
"""

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.conf import settings

from releases.actors import Actor
from releases.errors import Conflict, OperationRefused
from releases.models import Release, Rollout
from releases.models.running import WEB
from releases.operations.roll_back import roll_back
from releases.plans import plan
from releases.queries import went_live_before
from releases.way_back import default_target
from runtime.driver import Driver, Traffic
from runtime.picture import Picture

logger = logging.getLogger(__name__)


@dataclass
class Watch:
    """Goes back by itself; what it decided against it does not look at again."""

    driver: Driver
    _declined: set[UUID] = field(default_factory=set)

    def look(self, picture: Picture) -> None:
        """Roll back to the last known good if the app wants that and there is evidence."""
        release = picture.current
        if release.pk in self._declined or not is_watched(picture):
            return
        evidence = _crashes(picture) or _errors(picture, self.driver)
        if not evidence:
            return
        try:
            _go_back(picture, evidence)
        except Conflict as conflict:
            logger.info("%s moves: %s", picture.app, conflict)
        except OperationRefused as refusal:
            self._declined.add(release.pk)
            logger.warning(
                "%s of %s fails and is not taken back by itself: %s",
                release,
                picture.app,
                refusal,
            )


def _go_back(picture: Picture, evidence: str) -> None:
    """Roll back once. Refuses to where people have to decide: over migrations for one."""
    target = default_target(picture.app)
    if target is None:
        raise OperationRefused("there is no release known as good.")
    actor = Actor.system()
    found = plan(app=picture.app, to=target.version, actor=actor)
    if found.blockers:
        raise OperationRefused(found.blockers[0].sentence)
    if found.code.migrations:
        raise OperationRefused(f"{target} is on the other side of migrations.")
    roll_back(
        app=picture.app,
        to=target.version,
        plan_digest=found.digest,
        reason=f"Automatic rollback: {evidence}",
        mark_bad=True,
        actor=actor,
        idempotency_key=f"automatic/{picture.current.pk}",
    )


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
    if rate <= settings.WATCH_ERROR_RATE:
        return ""
    failed = (
        f"{now.failed:,} of {now.requests:,} requests to {picture.current} failed"
        f" ({rate:.0%})"
    )
    last = went_live_before(picture.current)
    before = driver.traffic(picture.app.pk, last.version) if last else Traffic()
    if last is None or not before.requests:
        return f"{failed}."
    rate_before = before.failed / before.requests
    if rate <= 2 * rate_before:
        return ""
    return f"{failed}, and {rate_before:.0%} of those to {last}."
