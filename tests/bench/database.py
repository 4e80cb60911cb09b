"""The benchmark's own database: whether it is filled, and making it anew."""

import psycopg
from django.core.management import call_command
from django.db import ProgrammingError, connection

from tests.bench.fill import fill


def filled_with() -> int:
    """Return how many releases a finished fill left, 0 where there is none.

    One that an older version left is brought up to date.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT releases FROM bench_filled")
            releases = int(cursor.fetchone()[0])
    except ProgrammingError:
        return 0
    call_command("migrate", verbosity=0)
    return releases


def make_database(releases: int, *, processes: int) -> None:
    """Replace whatever the database held."""
    with connection.cursor() as cursor:
        # Not the database itself: that waits for autovacuum, which may never be done.
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    call_command("migrate", verbosity=0)
    fill(releases, processes=processes)
    # Last: an interrupted fill is no fill.
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_filled AS SELECT %s AS releases", [releases])


def raw_connection() -> psycopg.Connection:
    """Connect as Django does, without Django."""
    parameters = connection.get_connection_params()
    for own in ("context", "cursor_factory", "prepare_threshold"):
        parameters.pop(own, None)
    return psycopg.connect(**parameters)
