"""When to look at which apps: PostgreSQL tells of what was written, to one machine alone."""

import logging
import time
from collections.abc import Callable, Iterator
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper

from releases.models.app import CHANNEL

logger = logging.getLogger(__name__)

# Of the database: each machine would take the processes of another for lost ones.
ONLY_ONE = 7_265_171_100
# In seconds.
ASK_AGAIN = 0.5


def wake_ups(pause: Callable[[], float]) -> Iterator[set[UUID]]:
    """Give the apps that were written to, none after a pause in which nothing was."""
    listener = connection.copy()
    try:
        with listener.cursor() as cursor:
            _wait_for_the_only_place(cursor)
            cursor.execute(f"LISTEN {CHANNEL}")
        while True:
            heard = listener.connection.notifies(timeout=pause(), stop_after=1)
            woken = {UUID(notify.payload) for notify in heard}
            if woken:
                more = listener.connection.notifies(timeout=0)
                woken |= {UUID(notify.payload) for notify in more}
            yield woken
    finally:
        listener.close()


def _wait_for_the_only_place(cursor: CursorWrapper) -> None:
    """Wait until no other machine runs the apps of this database, while we are connected."""
    is_told = False
    while True:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ONLY_ONE])
        [is_ours] = cursor.fetchone()
        if is_ours:
            return
        if not is_told:
            is_told = True
            logger.warning("Another machine runs the apps of this database; waiting.")
        time.sleep(ASK_AGAIN)
