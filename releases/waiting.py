"""What is asked for while a release is on its way waits for it: the later one waits."""

import time
from collections.abc import Callable
from threading import BoundedSemaphore
from typing import TypeVar

from releases.errors import Conflict
from releases.models import App, Release
from releases.queries import pending_release

LASTS, POLL = 20.0, 0.1
# Each holds a thread of its worker; more would leave none for anybody else.
WAITING = BoundedSemaphore(2)

Made = TypeVar("Made")


def after_pending(app: App, make: Callable[[], Made]) -> Made:
    """Do `make`; if a pending release is in its way, wait for that and do it once more.

    Never call it within a transaction: it would not see the release settle, and hold its
    locks meanwhile.
    """
    try:
        return make()
    except Conflict as refusal:
        if refusal.code != "release_pending" or not _settles(app):
            raise
    return make()


def _settles(app: App) -> bool:
    """Wait until the pending release of `app` settles; False if that takes too long."""
    if not WAITING.acquire(blocking=False):
        return False
    try:
        pending = pending_release(app)
        return pending is None or _has_settled(pending)
    finally:
        WAITING.release()


def _has_settled(pending: Release) -> bool:
    still = Release.objects.filter(pk=pending.pk, status=Release.Status.PENDING)
    deadline = time.monotonic() + LASTS
    while still.exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True
