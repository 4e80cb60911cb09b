"""What becomes of a release that a command made: the command waits for that."""

import time

from django.core.management.base import CommandError

from releases.live import WayLive, last_lines
from releases.management.console.progress import Terminal
from releases.management.console.tables import printable, shortened
from releases.management.console.words import span
from releases.models import App, Release, Rollout

Status = Release.Status

# In seconds. What nothing has taken up by then, nothing that runs will take live.
TAKEN_UP_WITHIN, QUIET_FOR, ANSWERS_WITHIN, POLL = 5.0, 2.0, 2.0, 0.02
# What is repeated of what a release printed: so many lines, each of so many characters.
PRINTED, WIDEST = 20, 500


def wait_for(release: Release, terminal: Terminal) -> None:
    """Wait until a release has settled, and visitors get it.

    Not where nothing is there to take it live.
    """
    pending = Release.objects.filter(pk=release.pk, status=Status.PENDING)
    began, told = time.monotonic(), False
    while pending.exists():
        waited = time.monotonic() - began
        if waited > QUIET_FOR and not told:
            if _way(release):
                terminal.write(
                    f"{release} is on its way. Ctrl-C ends only the waiting."
                )
                told = True
            elif waited > TAKEN_UP_WITHIN:
                return
        time.sleep(POLL)
    give_up = time.monotonic() + ANSWERS_WITHIN
    while (
        (way := _way(release))
        and way.is_moving
        and way.took is None
        and time.monotonic() < give_up
    ):
        time.sleep(POLL)


def outcome_text(release: Release) -> str:
    """Say what was made and whether it is live; and what is missing where it waits."""
    if release.status == Status.FAILED:
        return f"{release.description}: {release} failed."
    if release.status == Status.PENDING:
        return (
            f"{release.description}: {release} is pending.\n"
            "  Note    It goes live when `bin/up` runs, and nothing took it up so far."
        )
    said, way = f"{release.description}: {release} is current.", _way(release)
    if way is None or way.took is None:
        return said
    waiting = ", by processes that were waiting" if way.was_warm else ""
    return f"{said}\n  Live    after {span(way.took)}{waiting}"


def refuse_failure(release: Release, app: App) -> None:
    """End a command whose release failed, with what is known of why.

    The last line of its output says so; what it printed stands before that.
    """
    if release.status != Status.FAILED:
        return
    *printed, last = [line.text for line in last_lines(release)] or [""]
    why = [printable(line) for line in last.splitlines()]
    sentence = f"{release} failed, and {app} still runs {app.current_release}."
    told = [" ".join([sentence, *why[:1]]), *why[1:]]
    if printed:
        told.append("It printed last:")
    told += [f"  {shortened(printable(line), WIDEST)}" for line in printed[-PRINTED:]]
    raise CommandError("\n".join(told))


def _way(release: Release) -> WayLive | None:
    """Return how it goes live, or went; None where nothing has taken it up."""
    found = Rollout.objects.filter(release=release).select_related("release").first()
    return WayLive(found.release, found, is_current=True) if found else None
