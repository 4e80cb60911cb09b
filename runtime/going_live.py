"""A pending release on its way: its release phase, its web processes, and its settling.

Each call does what can be done now, and leaves the rest to the next look. Whatever is
done is written down first or can be done again, so that a look may end anywhere.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from releases.actors import Actor
from releases.errors import Conflict, NotFound, OperationRefused
from releases.going_live import fits, release_phase_of
from releases.models import Process, Release, Rollout
from releases.models.running import RELEASE_PHASE, WEB
from releases.operations.release_output import append_output
from releases.operations.settle_release import settle_release
from runtime.driver import Driver
from runtime.picture import Picture, State
from runtime.starting import Starter

logger = logging.getLogger(__name__)

Step = Rollout.Step
LAST_LINES = 20


def go_live(
    picture: Picture,
    pending: Release,
    starter: Starter,
    send_traffic: Callable[[], None],
) -> None:
    """Take a pending release one step further; it settles when its web processes answer.

    `send_traffic` moves it to what the picture has by then. It comes before the release
    is recorded as succeeded, and that is not if traffic cannot be moved.
    """
    if _fits_what_waits(picture, pending, starter):
        _take_up_idle(picture, pending, send_traffic)
        return
    rollout = picture.rollout(pending)
    try:
        if _phase_is_over(picture, pending, rollout, starter):
            _start(picture, pending, rollout, starter, send_traffic)
    except OperationRefused as refusal:
        fail(picture, pending, str(refusal))


def fail(
    picture: Picture, release: Release, why: str, *, output: Sequence[str] = ()
) -> None:
    """End a release that cannot go live; what ran before it runs on.

    Its rollout stays at the step that it failed in.
    """
    try:
        settle_release(
            release=release,
            succeeded=False,
            actor=Actor.system(),
            message=why,
            output=output,
        )
    except (Conflict, NotFound):
        logger.info(
            "%s of %s settled meanwhile, or its app is gone", release, picture.app
        )
    picture.pending = None


def _fits_what_waits(picture: Picture, pending: Release, starter: Starter) -> bool:
    """Whether processes wait idle that are just those of a rollback, and answer."""
    idle = picture.idle()
    if pending.kind != Release.Kind.ROLLBACK or not idle:
        return False
    if _runs_phase(picture, pending) or not all(map(starter.listens, idle)):
        return False
    return fits(
        idle,
        idle[0].release,
        slug=pending.slug,
        config_fingerprint=pending.config_set.fingerprint,
        formation=picture.formation(pending),
    )


def _take_up_idle(
    picture: Picture, pending: Release, send_traffic: Callable[[], None]
) -> None:
    """Make what waits idle the processes of a rollback, and settle it: both or neither.

    One transaction, since somebody waits for it.
    """
    idle = picture.idle()

    def switch() -> None:
        picture.take_up(idle, pending)
        send_traffic()

    try:
        with transaction.atomic():
            _settle(picture, pending, switch)
            picture.save(idle)
            rollout = Rollout(
                release=pending,
                step=Step.SWITCHING,
                step_at=picture.now,
                was_warm=True,
            )
            Rollout.objects.bulk_create(
                [rollout],
                update_conflicts=True,
                unique_fields=["release"],
                update_fields=["step", "step_at", "was_warm"],
            )
    except Conflict:
        # Canceled meanwhile, or another rollback took its place: the next look sees.
        picture.pending = None


def _phase_is_over(
    picture: Picture, pending: Release, rollout: Rollout, starter: Starter
) -> bool:
    """Run the release phase if there is one; whether the release may go on."""
    if rollout.step not in {Step.WAITING, Step.RELEASE_PHASE}:
        return True
    if not _runs_phase(picture, pending):
        return True
    picture.step(rollout, Step.RELEASE_PHASE)
    phase = picture.release_phase(pending) or picture.add(pending, RELEASE_PHASE, 1)
    if phase.state == State.STOPPING:
        # Once is enough: it was stopped, and may have done some of its work.
        fail(picture, pending, f"The release phase ended. {phase.message}")
        return False
    ended = starter.run_once(picture, phase)
    _keep_output(pending, phase, starter.driver)
    if ended is None:
        limit = timedelta(seconds=settings.RELEASE_PHASE_LASTS)
        if picture.now - rollout.step_at > limit:
            fail(
                picture,
                pending,
                f"The release phase took longer than {_span(limit)} and was stopped.",
            )
            picture.move(phase, State.STOPPING)
        return False
    if ended.exit_code != 0:
        fail(picture, pending, f"The release phase {ended.words}.")
    else:
        picture.step(rollout, Step.STARTING)
    picture.move(phase, State.STOPPING)
    return ended.exit_code == 0


def _runs_phase(picture: Picture, pending: Release) -> bool:
    is_rollback = pending.kind == Release.Kind.ROLLBACK
    phase = release_phase_of(
        pending.slug, is_rollback=is_rollback, wants=picture.settings
    )
    return bool(phase)


def _keep_output(pending: Release, phase: Process, driver: Driver) -> None:
    lines = driver.last_lines(
        pending.app_id, str(phase), pending.version, settings.RELEASE_OUTPUT_LINES + 1
    )
    append_output(release=pending, lines=lines)


def _start(
    picture: Picture,
    pending: Release,
    rollout: Rollout,
    starter: Starter,
    send_traffic: Callable[[], None],
) -> None:
    """Start the web processes beside those that run, and settle once all answer."""
    picture.step(rollout, Step.STARTING)
    wanted = picture.formation(pending).get(WEB, 0)
    there = {process.number: process for process in picture.of(pending, WEB)}
    processes = [
        there.get(number) or picture.add(pending, WEB, number)
        for number in range(1, wanted + 1)
    ]
    for process in processes:
        starter.start(picture, process, pending)
    crashed = [each for each in processes if each.state == State.CRASHED]
    if crashed:
        why = f"{crashed[0]} {crashed[0].message} before it was ready."
        fail(picture, pending, why, output=_last_lines(crashed[0], starter.driver))
    elif all(each.state == State.UP for each in processes):
        _settle(picture, pending, send_traffic)
        picture.step(rollout, Step.SWITCHING)
    elif picture.now - rollout.step_at > timedelta(seconds=settings.READY_WITHIN):
        late = [each for each in processes if each.state != State.UP]
        why = (
            f"{late[0]} did not {_readiness(picture)} within"
            f" {_span(timedelta(seconds=settings.READY_WITHIN))}."
        )
        fail(picture, pending, why, output=_last_lines(late[0], starter.driver))


def _settle(
    picture: Picture, pending: Release, send_traffic: Callable[[], None]
) -> None:
    def switch() -> None:
        picture.current = picture.app.current_release = pending
        picture.pending = None
        send_traffic()

    settled = settle_release(
        release=pending, succeeded=True, actor=Actor.system(), first=switch
    )
    pending.status, pending.settled_at = settled.status, settled.settled_at


def _readiness(picture: Picture) -> str:
    path = picture.settings.ready_path
    return f"answer at {path}" if path else "listen at $PORT"


def _last_lines(process: Process, driver: Driver) -> list[str]:
    """Return what a process printed last, which mostly says what is wrong."""
    return driver.last_lines(
        process.app_id, str(process), process.release.version, LAST_LINES
    )


def _span(length: timedelta) -> str:
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    return f"{seconds} seconds" if seconds or not minutes else f"{minutes} min"
