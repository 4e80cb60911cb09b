"""The current release kept running: all its processes, and no others.

Traffic moves when the new web processes are up. Those of before wait idle for a way back;
all other types change hands at that moment, so that no worker runs twice.
"""

from datetime import timedelta

from django.conf import settings

from releases.errors import OperationRefused
from releases.models import Process, Release
from releases.models.running import ONE_OFF, WEB
from runtime.picture import Picture, State
from runtime.starting import Starter

# A request that was given to a process before traffic left it may not be there yet.
UNDERWAY = timedelta(seconds=0.5)


def keep_running(picture: Picture, starter: Starter) -> None:
    """Start what the current release lacks, and what runs once."""
    formation = picture.formation(picture.current)
    if WEB in formation:
        _run_web(picture, starter, formation[WEB])
    if takes_over(picture):
        for process_type in formation.keys() - {WEB}:
            _run_workers(picture, starter, process_type, formation[process_type])
    for process in list(picture.processes):
        if process.process_type == ONE_OFF and process.state != State.STOPPING:
            _run_once(picture, process, starter)


def serves(picture: Picture) -> bool:
    """Whether traffic can go to the current release, or none ever will."""
    if not picture.formation(picture.current).get(WEB, 0):
        return True
    return any(each.state == State.UP for each in picture.of(picture.current, WEB))


def takes_over(picture: Picture) -> bool:
    """Whether the current release has the traffic, or no other one has any either."""
    return serves(picture) or not any(
        each.release.has_succeeded for each in picture.web_that_is_up()
    )


def stop_the_rest(picture: Picture, starter: Starter) -> None:
    """Let go of what should not run any more, once traffic is where it belongs."""
    formation = picture.formation(picture.current)
    warm = _release_to_keep_warm(picture)
    for process in list(picture.processes):
        if process.state == State.STOPPING:
            _stop(picture, process, starter)
        elif picture.app.deleted_at:
            picture.move(process, State.STOPPING)
        elif process.process_type == ONE_OFF or process.release == picture.pending:
            continue
        elif process.release != picture.current:
            _retire(picture, process, starter, warm)
        elif process.number > formation.get(process.process_type, 0):
            picture.move(process, State.STOPPING)


def _run_web(picture: Picture, starter: Starter, wanted: int) -> None:
    """Start web processes; one to be started anew runs on until its successor is up."""
    for number in range(1, wanted + 1):
        newest, older = _newest(picture, WEB, number)
        _start(picture, newest, starter)
        for process in older:
            if newest.state == State.UP or process.state != State.UP:
                picture.move(process, State.STOPPING)


def _run_workers(
    picture: Picture, starter: Starter, process_type: str, wanted: int
) -> None:
    """Start processes of which there never are two of one number, of whatever release."""
    for number in range(1, wanted + 1):
        newest, _ = _newest(picture, process_type, number)
        others = [
            each
            for each in picture.processes
            if (each.process_type, each.number) == (process_type, number)
            and each != newest
        ]
        for process in others:
            if process.state != State.STOPPING:
                picture.move(process, State.STOPPING)
        if not others:
            _start(picture, newest, starter)


def _newest(
    picture: Picture, process_type: str, number: int
) -> tuple[Process, list[Process]]:
    """Return the process that is to run, made anew if that was asked for, and older ones."""
    there = sorted(
        (
            each
            for each in picture.of(picture.current, process_type)
            if each.number == number
        ),
        key=lambda each: each.created_at,
    )
    if all(each.restart_asked_at for each in there):
        there.append(picture.add(picture.current, process_type, number))
    *older, newest = there
    return newest, older


def _start(picture: Picture, process: Process, starter: Starter) -> None:
    try:
        starter.start(picture, process, picture.current)
    except OperationRefused as refusal:
        picture.move(process, State.CRASHED, message=str(refusal))


def _run_once(picture: Picture, process: Process, starter: Starter) -> None:
    try:
        if starter.run_once(picture, process):
            picture.move(process, State.STOPPING)
    except OperationRefused as refusal:
        picture.move(process, State.STOPPING, message=str(refusal))


def _release_to_keep_warm(picture: Picture) -> Release | None:
    """Return the release that ran before, whose web processes may wait idle."""
    others = [
        process
        for process in picture.processes
        if process.process_type == WEB
        and process.state in {State.UP, State.IDLE}
        and process.release_id != picture.current.pk
        and process.release.has_succeeded
    ]
    # Those that still have the traffic ran last, whatever their version.
    others.sort(key=lambda each: (each.state == State.UP, each.release.version))
    return others[-1].release if others else None


def _retire(
    picture: Picture, process: Process, starter: Starter, warm: Release | None
) -> None:
    """Let a process of another release than the current one wait idle, or stop it."""
    if process.state == State.IDLE:
        is_over = process.idle_until is None or process.idle_until <= picture.now
        if is_over or process.release != warm or not starter.runs(process):
            picture.move(process, State.STOPPING)
        return
    if process.release.has_succeeded and not takes_over(picture):
        # It has the traffic until its successor can take it.
        return
    is_ready = process.process_type == WEB and process.state == State.UP
    if is_ready and process.release == warm and settings.WARM_FOR:
        until = picture.now + timedelta(seconds=settings.WARM_FOR)
        picture.move(process, State.IDLE, idle_until=until)
    else:
        picture.move(process, State.STOPPING)


def _stop(picture: Picture, process: Process, starter: Starter) -> None:
    """Stop a process that has no traffic any more, once it has answered what it got."""
    if process.pk not in starter.seen:
        starter.forget(process.pk)
        picture.remove(process)
        return
    since = picture.now - process.state_at
    if process.port and (
        since < UNDERWAY
        or (
            since < timedelta(seconds=settings.DRAIN_FOR)
            and starter.driver.requests_to(process.port)
        )
    ):
        return
    starter.driver.stop(process.pk)
