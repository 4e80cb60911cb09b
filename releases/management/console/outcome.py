"""What becomes of a release that a command made: the command waits for that."""

import time

from django.core.management.base import CommandError

from releases.management.console.progress import Terminal
from releases.management.console.tables import printable
from releases.models import App, Release, Rollout

Status = Release.Status

# In seconds. What nothing has taken up by then, nothing that runs will take live.
TAKEN_UP_WITHIN, QUIET_FOR, POLL = 5.0, 2.0, 0.02


def wait_for(release: Release, terminal: Terminal) -> None:
    """Wait until a release has settled; not where nothing is there to take it live."""
    pending = Release.objects.filter(pk=release.pk, status=Status.PENDING)
    began, told = time.monotonic(), False
    while pending.exists():
        waited = time.monotonic() - began
        if waited > TAKEN_UP_WITHIN and not _is_taken_up(release):
            return
        if waited > QUIET_FOR and not told:
            terminal.write(f"{release} is on its way. Ctrl-C ends the waiting alone.")
            told = True
        time.sleep(POLL)


def outcome_text(release: Release) -> str:
    """Say what was made and whether it is live; and what is missing where it waits."""
    if release.status == Status.SUCCEEDED:
        return f"{release.description}: {release} is current."
    lines = [f"{release.description}: {release} {_words(release)}."]
    if release.status == Status.PENDING:
        lines.append(
            "  Note    It goes live when `bin/up` runs, and nothing did so far."
        )
    return "\n".join(lines)


def refuse_failure(release: Release, app: App) -> None:
    """End a command whose release failed, with what is known of why."""
    if release.status != Status.FAILED:
        return
    last = release.output.order_by("-position").first()
    why = [printable(line) for line in last.text.splitlines()] if last else []
    sentence = f"{release} failed, and {app} still runs {app.current_release}."
    raise CommandError("\n".join([" ".join([sentence, *why[:1]]), *why[1:]]))


def _is_taken_up(release: Release) -> bool:
    return Rollout.objects.filter(release=release).exists()


def _words(release: Release) -> str:
    pending = release.status == Status.PENDING
    return "is pending" if pending else str(release.status)
