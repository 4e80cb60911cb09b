"""Other people, who act at the same time through connections of their own."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connection

PATIENCE_IN_SECONDS = 20

T = TypeVar("T")


def in_the_background(call: Callable[[], T], patience: str = "20s") -> Future[T]:
    """Call it as another request does, with a connection of its own."""

    def call_and_close() -> T:
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SET lock_timeout = '{patience}'")
            return call()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    future = pool.submit(call_and_close)
    pool.shutdown(wait=False)
    return future


def wait_until_someone_waits() -> None:
    """Wait until another connection waits for a lock."""
    deadline = time.monotonic() + PATIENCE_IN_SECONDS
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            # Within a transaction the view would stay as it was first seen.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone() != (0,):
                return
    pytest.fail("nobody waits")
