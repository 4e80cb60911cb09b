"""Where requests for an app go, and how long a release took to answer its first."""

import http.client
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from releases.addresses import hosts_of
from releases.models import Release, Rollout
from releases.models.running import WEB
from runtime.driver import Route, Upstream
from runtime.keeping import serves
from runtime.picture import Picture, State

Step = Rollout.Step
SERVER_ERROR = 500
ASK_FOR, ASK_EVERY, ANSWER_WITHIN = 20.0, 0.02, 5.0
AT_ONCE = 4
NO_CODE = "Nothing was deployed here yet."


def route_of(picture: Picture) -> Route | None:
    """Return where requests go: to the current release once it is up, till then to the last."""
    app = picture.app
    if app.deleted_at:
        return None
    up = [each for each in picture.web_that_is_up() if not each.restart_asked_at]
    up = up or picture.web_that_is_up()
    own = [each for each in up if each.release_id == picture.current.pk]
    before = [each for each in up if each.release.has_succeeded]
    return Route(
        app_id=app.pk,
        hosts=hosts_of(app.name),
        upstreams=tuple(
            Upstream(process.port, process.release.version)
            for process in own or before
            if process.port
        ),
        in_maintenance=app.maintenance,
        explanation=_why_nothing_answers(picture),
    )


def route_without_code(app_id: UUID, app_name: str) -> Route:
    """Return the route of an app that nothing was deployed to."""
    return Route(app_id, hosts_of(app_name), (), explanation=NO_CODE)


def _why_nothing_answers(picture: Picture) -> str:
    if picture.current.slug is None:
        return NO_CODE
    formation = picture.formation(picture.current)
    if WEB not in formation:
        return "This app has no web process: its Procfile names none."
    if not formation[WEB]:
        return "Its web processes are scaled to zero."
    return "Its web processes are down, or about to start."


@dataclass
class FirstAnswers:
    """Asks what has just got the traffic for a page, through the router, and for how long."""

    _asked: dict[UUID, "Future[datetime | None]"] = field(default_factory=dict)
    _askers: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(AT_ONCE)
    )

    def note(self, picture: Picture) -> None:
        """Write down how far the current release has come, now that traffic is routed."""
        release = picture.current
        rollout = Rollout.objects.filter(release=release).first()
        if rollout is None or rollout.step in Rollout.LIVE or not serves(picture):
            return
        if rollout.live_at is None:
            rollout.live_at = timezone.now()
            rollout.save(update_fields=["live_at"])
        if picture.of(release, WEB) and not rollout.answered_at:
            if not self._was_asked(picture, release, rollout):
                return
            if not rollout.answered_at:
                picture.step(rollout, Step.UNANSWERED)
                return
        is_draining = any(each.state == State.STOPPING for each in picture.processes)
        picture.step(rollout, Step.DRAINING if is_draining else Step.DONE)

    def _was_asked(self, picture: Picture, release: Release, rollout: Rollout) -> bool:
        """Ask, or see what came of it: whether asking is over, with or without an answer."""
        asked = self._asked.get(release.pk)
        if asked is None:
            path = picture.settings.ready_path or "/"
            [host, *_] = hosts_of(picture.app.name)
            self._asked[release.pk] = self._askers.submit(_first_answer, host, path)
            return False
        if not asked.done():
            return False
        del self._asked[release.pk]
        rollout.answered_at = asked.result()
        rollout.save(update_fields=["answered_at"])
        return True


def _first_answer(host: str, path: str) -> datetime | None:
    """Return when the router first gave an answer that is no server error; None if never."""
    give_up = time.monotonic() + ASK_FOR
    while time.monotonic() < give_up:
        connection = http.client.HTTPConnection(
            "127.0.0.1", settings.ROUTER_PORT, timeout=ANSWER_WITHIN
        )
        try:
            connection.request(
                "GET", path, headers={"Host": host, "User-Agent": "Rollbook"}
            )
            if connection.getresponse().status < SERVER_ERROR:
                return timezone.now()
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(ASK_EVERY)
    return None
