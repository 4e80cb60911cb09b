"""What really runs for an app, and how far its releases have come on their way live.

Callers have asked for the permission: these take the app that `open_app` gave.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.conf import settings
from django.db.models import F, Min, Q

from releases.formation import formation_of
from releases.models import App, Process, Release, ReleaseOutput, Rollout
from releases.models.running import ONCE

Step = Rollout.Step
State = Process.State

PROCESSES_LISTED = 500
LINES_LISTED = 50


@dataclass(frozen=True)
class Running:
    """The processes of an app, by type and number, bounded, and how many there should be."""

    app: App
    formation: Mapping[str, int]
    processes: Sequence[Process]

    @property
    def serving(self) -> list[Process]:
        return [each for each in self.processes if each.state != State.IDLE]

    @property
    def idle(self) -> list[Process]:
        return [each for each in self.processes if each.state == State.IDLE]

    @cached_property
    def missing(self) -> list[str]:
        """Return the names of those that should run and are not even starting."""
        there = {
            str(each)
            for each in self.serving
            if each.release_id == self.app.current_release_id
            and each.state != State.STOPPING
        }
        wanted = (
            f"{process_type}.{number}"
            for process_type, quantity in self.formation.items()
            for number in range(1, quantity + 1)
        )
        return [name for name in wanted if name not in there]

    @property
    def is_moving(self) -> bool:
        """Whether it is about to change by itself."""
        return bool(self.missing) or any(
            each.state in {State.STARTING, State.STOPPING}
            or each.process_type in ONCE
            or each.restart_asked_at is not None
            for each in self.serving
        )

    @property
    def has_crashed(self) -> bool:
        return any(each.state == State.CRASHED for each in self.processes)


def what_runs(app: App) -> Running:
    """Return what runs for an app, in two statements."""
    return Running(
        app=app,
        formation=formation_of(app, app.current_release.slug),
        processes=list(
            app.processes.select_related("release").order_by(
                "process_type", "number", "created_at"
            )[:PROCESSES_LISTED]
        ),
    )


@dataclass(frozen=True)
class WayLive:
    """How a release goes live, or went: the step it is at, and what is known of others.

    What has settled went no further than that, whatever the runtime noted last.
    """

    release: Release
    rollout: Rollout | None
    is_current: bool

    @property
    def step(self) -> Step:
        if self.release.status == Release.Status.FAILED:
            return Step.FAILED
        if self.rollout is None:
            return Step.WAITING if self.is_pending else Step.DONE
        if self.is_pending or self.is_current:
            return Step(self.rollout.step)
        return Step.DONE

    @property
    def failed_in(self) -> Step | None:
        """Return the step that it failed in; None if it did not, or that is not known."""
        if self.rollout is None or self.step != Step.FAILED:
            return None
        step = Step(self.rollout.step)
        return None if step == Step.FAILED else step

    @property
    def has_steps(self) -> bool:
        """Whether there is anything to tell: most settle as they are made where no app runs."""
        if self.rollout:
            return True
        has_news = self.release.status in {
            Release.Status.PENDING,
            Release.Status.FAILED,
        }
        return has_news and settings.ROLLBOOK_RUNTIME

    @property
    def is_pending(self) -> bool:
        return self.release.status == Release.Status.PENDING

    @property
    def is_moving(self) -> bool:
        return self.step not in {*Rollout.LIVE, Step.FAILED}

    @property
    def is_bad(self) -> bool:
        """Whether it has the traffic, and gave no good answer when it was asked."""
        return self.step == Step.UNANSWERED

    @property
    def has_traffic(self) -> bool:
        return bool(self.is_current and self.rollout and self.rollout.live_at)

    @property
    def was_warm(self) -> bool:
        return bool(self.rollout and self.rollout.was_warm)

    @property
    def was_answered(self) -> bool:
        """Whether a process of it gave a good answer: without web processes none does."""
        return bool(self.rollout and self.rollout.answered_at)

    @property
    def took(self) -> timedelta | None:
        """Return how long it took from being asked for to the first good answer.

        To when it got the traffic, where nothing answers; None if it has not, so far, and
        where no good answer came.
        """
        rollout = self.rollout
        if rollout is None or rollout.live_at is None:
            return None
        if rollout.answered_at is None and (
            self.is_moving or rollout.step == Step.UNANSWERED
        ):
            return None
        return (rollout.answered_at or rollout.live_at) - self.release.created_at


def way_live(app: App, release: Release) -> WayLive:
    """Return how a release goes live; its `rollout` is joined, or it takes a statement."""
    rollout = getattr(release, "rollout", None)
    return WayLive(release, rollout, release.pk == app.current_release_id)


def on_its_way(app: App, *, made: int | None = None) -> WayLive | None:
    """Return the release that is going live, or else the one that was just `made`.

    Or the one that has the traffic, where no good answer came from it.
    """
    if not settings.ROLLBOOK_RUNTIME:
        return None
    wanted = Q(pk=app.current_release_id) | Q(status=Release.Status.PENDING)
    if made is not None:
        wanted |= Q(version=made)
    found = app.releases.filter(wanted).select_related("rollout", "slug", "restores")
    ways = [way_live(app, release) for release in found.order_by("-version")]
    told = (
        way
        for way in ways
        if way.has_steps
        and (way.is_moving or way.is_bad or way.release.version == made)
    )
    return next(told, None)


def last_lines(release: Release) -> list[ReleaseOutput]:
    """Return the newest lines that a release printed, oldest first."""
    return list(release.output.order_by("-position")[:LINES_LISTED])[::-1]


def step_times(way: WayLive) -> dict[Step, datetime]:
    """Return when each step of a way began, as far as that is known."""
    release, rollout = way.release, way.rollout
    times: dict[Step, datetime | None] = {Step.WAITING: release.created_at}
    if not way.was_warm:
        # Why it failed is kept as a line too, as it settles.
        printed = release.output.exclude(release__settled_at=F("created_at"))
        started = release.processes.exclude(process_type__in=ONCE)
        times[Step.RELEASE_PHASE] = printed.aggregate(at=Min("created_at"))["at"]
        times[Step.STARTING] = started.aggregate(at=Min("created_at"))["at"]
    if release.status == Release.Status.FAILED:
        times[Step.FAILED] = release.settled_at
    else:
        times[Step.SWITCHING] = release.settled_at
    if rollout and rollout.step in {way.step, way.failed_in}:
        times[Step(rollout.step)] = rollout.step_at
    if rollout and rollout.live_at and way.step != Step.UNANSWERED:
        times[Step.DONE] = rollout.answered_at or rollout.live_at
    return {step: at for step, at in times.items() if at is not None}
