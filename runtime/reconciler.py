"""The loop that makes what runs what should run, app by app, again and again.

It is woken by PostgreSQL when an app was written to, looks on its own at what processes
do, and keeps nothing in mind that it could not find out anew: it may be killed anywhere.
"""

import logging
import time
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Q

from releases.models import App, Process, Release, Rollout
from runtime.driver import Driver, NotReady, Route, Seen
from runtime.going_live import go_live
from runtime.keeping import keep_running, stop_the_rest
from runtime.picture import Picture, State, picture_of
from runtime.starting import Starter
from runtime.traffic import FirstAnswers, route_of, route_without_code
from runtime.wake_ups import wake_ups
from runtime.watching import Watch, is_watched

logger = logging.getLogger(__name__)

# Processes are looked at every few seconds, and now and then all apps.
TICK, ALL_AGAIN = 2.0, 30.0
# While something moves: between these, and about so small a share of what it took so far.
SOONEST, LATEST, SHARE = 0.02, 1.0, 50
AFTER_FAILURE, AFTER_TROUBLE = 0.5, 5.0
# How many releases of an app are kept unpacked, if what they ran is stored.
RECENT = 5
CODE_TO_KEEP = """
    SELECT DISTINCT blob.sha256
    FROM releases_app AS app
    CROSS JOIN LATERAL (
        SELECT slug_id FROM releases_release AS release
        WHERE release.app_id = app.id AND release.status = 'succeeded'
        ORDER BY version DESC LIMIT %s
    ) AS recent
    JOIN releases_slug AS slug ON slug.id = recent.slug_id
    JOIN releases_blob AS blob ON blob.sha256 = slug.blob_id
    WHERE app.deleted_at IS NULL AND blob.stored_at IS NOT NULL
      AND blob.deleted_at IS NULL
"""


@dataclass
class Reconciler:
    driver: Driver
    starter: Starter = field(init=False)
    watch: Watch = field(init=False)
    answers: FirstAnswers = field(default_factory=FirstAnswers)
    _routes: dict[UUID, Route] = field(default_factory=dict)
    _routed: list[Route] | None = None
    _due: dict[UUID, float] = field(default_factory=dict)
    _seen: dict[UUID, Seen] = field(default_factory=dict)
    _apps_of: dict[UUID, UUID] = field(default_factory=dict)
    _all_at: float = 0.0
    _has_seen_all: bool = False

    def __post_init__(self) -> None:
        self.starter = Starter(self.driver)
        self.watch = Watch(self.driver)

    def run(self) -> None:
        """Reconcile for ever; what fails for a moment is tried again."""
        while True:
            try:
                for woken in wake_ups(self._pause):
                    self._due.update(dict.fromkeys(woken, 0.0))
                    self.round()
            except (OperationalError, InterfaceError, psycopg.OperationalError):
                logger.warning("The database does not answer; trying again.")
                connection.close()
                # Whatever it would have told of meanwhile.
                self._all_at = 0.0
                time.sleep(AFTER_FAILURE)

    def round(self) -> None:
        """Look at each app that is due."""
        is_for_all = _clock() >= self._all_at
        try:
            self.starter.observe()
            self._find_moved()
            if is_for_all:
                self._find_all()
            for app_id in [each for each, at in self._due.items() if at <= _clock()]:
                self._try_to_look(app_id)
            self._has_seen_all = True
            self._send_traffic()
        except (NotReady, OSError) as why:
            logger.warning("%s", why)
            self._has_seen_all = False
            self._all_at = 0.0
            time.sleep(AFTER_FAILURE)
            return
        if is_for_all:
            self._tidy()

    def _find_moved(self) -> None:
        """Add the apps whose processes changed by themselves."""
        seen = dict(self.starter.seen)
        for process_id in seen.keys() | self._seen.keys():
            if seen.get(process_id) != self._seen.get(process_id):
                app_id = self._apps_of.get(process_id)
                if app_id:
                    self._due[app_id] = 0.0
        self._seen = seen

    def _find_all(self) -> None:
        self._all_at = _clock() + ALL_AGAIN
        running, without_code = apps_that_run(), routes_without_code()
        self._due.update(dict.fromkeys(running, 0.0))
        known = without_code.keys() | set(running)
        self._routes = {
            app_id: route for app_id, route in self._routes.items() if app_id in known
        } | without_code

    def _tidy(self) -> None:
        """Clear up, after all apps were looked at; whatever hinders that hinders no app."""
        try:
            self._stop_strangers()
            self.driver.keep_ready(code_to_keep())
        except (NotReady, OSError) as why:
            logger.warning("%s", why)

    def _try_to_look(self, app_id: UUID) -> None:
        """Look at an app. Whatever is wrong with one, the others are looked at, too."""
        try:
            self._look(app_id)
        except (NotReady, OperationalError, InterfaceError):
            raise
        except Exception:  # the last door: it would be this app's trouble for all
            logger.exception("Could not look at the app %s", app_id)
            self._due[app_id] = _clock() + AFTER_TROUBLE

    def _look(self, app_id: UUID) -> None:
        picture = picture_of(app_id)
        if picture is None:
            self._due.pop(app_id, None)
            return
        if app_id not in self._routes:
            # Before anything that may fail: whatever is up has its traffic.
            self._note_route(picture)
        # While traffic cannot be moved nothing goes live.
        if picture.pending and self._has_seen_all and not picture.app.deleted_at:
            go_live(
                picture,
                picture.pending,
                self.starter,
                send_traffic=lambda: self._move_traffic(picture),
            )
        keep_running(picture, self.starter)
        self._move_traffic(picture)
        if self._has_seen_all:
            stop_the_rest(picture, self.starter)
            self.answers.note(picture)
            self.watch.look(picture)
        self._apps_of.update((process.pk, app_id) for process in picture.processes)
        self._plan_next(picture)

    def _move_traffic(self, picture: Picture) -> None:
        self._note_route(picture)
        self._send_traffic()

    def _note_route(self, picture: Picture) -> None:
        route = route_of(picture)
        if route is None:
            self._routes.pop(picture.app.pk, None)
        else:
            self._routes[picture.app.pk] = route

    def _send_traffic(self) -> None:
        """Change the router, unless it is so already or not all apps were looked at yet."""
        if not self._has_seen_all:
            return
        routes = sorted(self._routes.values(), key=lambda route: route.app_id)
        if routes != self._routed:
            self._routed = None
            self.driver.route(routes)
            self._routed = routes

    def _stop_strangers(self) -> None:
        """Stop what no row knows of: its row went just before a look was cut off."""
        known = set(
            Process.objects.filter(pk__in=self.starter.seen).values_list(
                "pk", flat=True
            )
        )
        for process_id in self.starter.seen.keys() - known:
            self.driver.stop(process_id)
            self.starter.forget(process_id)
        for process_id in self._apps_of.keys() - known:
            del self._apps_of[process_id]

    def _plan_next(self, picture: Picture) -> None:
        """Say when to look again: soon while something moves, or when idling ends."""
        app_id = picture.app.pk
        wait = _time_to_wait(picture) if self._has_seen_all else SOONEST
        if wait is None:
            self._due.pop(app_id, None)
        else:
            self._due[app_id] = _clock() + wait

    def _pause(self) -> float:
        """Return how long there is nothing to do, unless PostgreSQL tells of something."""
        soonest = min(self._due.values(), default=_clock() + TICK)
        return max(0.0, min(soonest - _clock(), TICK))


def apps_that_run() -> list[UUID]:
    """Return the apps that have something to run, or something to stop."""
    runs = Q(deleted_at=None, current_release__slug__isnull=False)
    left = Q(pk__in=Process.objects.values("app"))
    waits = Q(pk__in=Release.objects.filter(status="pending").values("app"))
    return list(App.objects.filter(runs | left | waits).values_list("pk", flat=True))


def routes_without_code() -> dict[UUID, Route]:
    """Return the routes of the apps that have nothing to run, which no look goes to."""
    waiting = App.objects.filter(deleted_at=None, current_release__slug=None)
    return {
        app_id: route_without_code(app_id, name)
        for app_id, name in waiting.values_list("pk", "name")
    }


def code_to_keep() -> dict[str, int]:
    """Return the blobs that processes may be started from soon, and copies of each.

    Those are of what runs, and of what ran before it, to which one may want to go back.
    """
    with connection.cursor() as cursor:
        cursor.execute(CODE_TO_KEEP, [RECENT])
        return dict.fromkeys((blob for (blob,) in cursor.fetchall()), 1)


def _time_to_wait(picture: Picture) -> float | None:
    """Return how many seconds the next look at an app can wait; None where it is at rest.

    What has just begun to move may be done at once; what has moved for long will not.
    """
    moving = [
        process.state_at
        for process in picture.processes
        if process.state in {State.STARTING, State.STOPPING}
    ]
    for process in picture.processes:
        if process.state == State.CRASHED:
            # It moves again and again, and has for so long.
            moving.append(process.created_at)
        if process.restart_asked_at:
            moving.append(process.restart_asked_at)
    on_their_way = Rollout.objects.filter(
        release__in=[picture.current, *filter(None, [picture.pending])]
    ).exclude(step__in=Rollout.LIVE)
    moving += on_their_way.values_list("step_at", flat=True)
    waits = [
        min(max((picture.now - since).total_seconds() / SHARE, SOONEST), LATEST)
        for since in moving
    ]
    waits += [
        max((process.idle_until - picture.now).total_seconds(), 0)
        for process in picture.idle()
        if process.idle_until
    ]
    if is_watched(picture):
        waits.append(LATEST)
    return min(waits, default=None)


def _clock() -> float:
    return time.monotonic()
