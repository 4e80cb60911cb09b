"""One reconciler for a home: two would start everything twice."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings


@contextmanager
def only_one() -> Iterator[bool]:
    """Hold the lock for the block; whether nobody else holds it."""
    with (settings.RUNTIME_FOLDER / "reconciler.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
