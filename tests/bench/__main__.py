"""bin/bench: how fast Rollbook is with a million releases, as ratios in one run."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from dashboard.machine.errors import CannotStart
from dashboard.postgres.server import running
from tests.bench.process import set_up_django

PARTS = (
    "rollback",
    "config",
    "plan",
    "ingest",
    "pages",
    "web",
    "api",
    "verify",
    "running",
    "idle",
)
RELEASES = 1_000_000
LEAST = 1_000


def main() -> None:
    arguments = _parser().parse_args()
    try:
        set_up_django()
        _prepare(arguments.releases, fresh=arguments.fresh)
        with _database(durable=True):
            _measure(arguments.parts or PARTS)
    except (CannotStart, ImproperlyConfigured) as refusal:
        sys.exit(str(refusal))
    except KeyboardInterrupt:
        sys.exit(130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bin/bench",
        description="Measure how fast Rollbook is on a database of its own, filled with"
        " a long history at the first run, and print a table of what was found. The"
        " database stays, under ROLLBOOK_HOME in the folder bench, for the next run.",
    )
    parser.add_argument(
        "parts",
        nargs="*",
        type=_part,
        metavar="PART",
        help=f"what to measure, by default all: {', '.join(PARTS)}",
    )
    parser.add_argument(
        "--releases",
        type=_count,
        metavar="N",
        help=f"fill in that many releases; {RELEASES:,} unless it is filled already",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="fill the database anew, even so"
    )
    return parser


def _part(word: str) -> str:
    if word not in PARTS:
        raise argparse.ArgumentTypeError(f"{word!r} is none of {', '.join(PARTS)}")
    return word


def _count(word: str) -> int:
    if not word.isdecimal() or int(word) < LEAST:
        raise argparse.ArgumentTypeError(f"at least {LEAST:,} releases are needed")
    return int(word)


def _prepare(releases: int | None, *, fresh: bool) -> None:
    """Fill the database, unless a fill of this size is there, or any if none is asked."""
    from tests.bench.database import (  # noqa: PLC0415  # after the setup
        filled_with,
        make_database,
    )

    if not fresh:
        with _database(durable=True):
            there = filled_with()
        if there and releases in {None, there}:
            return
    # A crash while filling means filling again, so nothing needs to be durable yet.
    with _database(durable=False):
        make_database(releases or RELEASES, processes=os.cpu_count() or 1)


@contextmanager
def _database(*, durable: bool) -> Iterator[None]:
    with running(settings.ROLLBOOK_HOME, durable=durable):
        try:
            yield
        finally:
            # The next server is another one.
            connection.close()


def _measure(parts: list[str] | tuple[str, ...]) -> None:
    from tests.bench.measures import measure  # noqa: PLC0415  # after the setup

    sys.stdout.write(measure(parts))


if __name__ == "__main__":
    main()
