"""Filling a database with a long history, in bulk, through the same chain."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import cycle, islice

from django.db import connection, transaction
from django.utils import timezone

from releases.models import (
    Access,
    Activity,
    App,
    Blob,
    ConfigSet,
    ConfigVar,
    Release,
    Slug,
    User,
)
from releases.vault import master_keys
from tests.bench.copying import Copier, table_of
from tests.bench.progress import say_progress
from tests.bench.story import Plot, Story

FILLED = [
    table_of(model).name
    for model in (Access, Activity, App, Blob, ConfigSet, ConfigVar, Release, Slug)
]
LARGE, WIDE, OTHERS = "bench-large", "bench-wide", "bench-app-"
SMALL, WIDE_CONFIG_VARS = 10, 100
# A hundred releases an app, but few apps are average.
SIZES = (SMALL, 20, 40, 80, 300)
PEOPLE = [f"person{number}@example.com" for number in range(100)]
# Who sees all apps, every second one, and a few that are small and so mostly quiet.
OF_ALL, OF_MANY, OF_FEW = (
    f"visitor-of-{n}@example.com" for n in ("all", "many", "few")
)
FEW = 10
# How many releases go into one transaction; an app is never split.
TOGETHER = 10_000


def plots(releases: int) -> list[Plot]:
    """Return what to fill in: a hundredth as many apps, a tenth of all in one of them."""
    sizes = list(islice(cycle(SIZES), releases // 100 - 2))
    large = releases // 10
    wide = releases - large - sum(sizes)
    return [
        Plot(LARGE, large, visitors=[OF_MANY]),
        Plot(WIDE, wide, config_vars=WIDE_CONFIG_VARS),
        *(
            Plot(f"{OTHERS}{n:06}", size, visitors=_visitors(n, size))
            for n, size in enumerate(sizes)
        ),
    ]


def _visitors(number: int, size: int) -> list[str]:
    of_few = size == SMALL and number < FEW * len(SIZES)
    return [OF_MANY] * (number % 2 == 0) + [OF_FEW] * of_few


def share(all_plots: Sequence[Plot], part: int, parts: int) -> list[Plot]:
    """Return one of several shares, all about as long."""
    shares: list[list[Plot]] = [[] for _ in range(parts)]
    lengths = [0] * parts
    for plot in all_plots:
        shortest = lengths.index(min(lengths))
        shares[shortest].append(plot)
        lengths[shortest] += plot.releases
    return shares[part]


def fill(releases: int, *, processes: int) -> None:
    """Fill a database that was just made with that many releases."""
    # Before the processes need it: who asks first makes the key.
    master_keys()
    User.objects.bulk_create(
        User(email=email, password="!", is_superuser=email == OF_ALL)
        for email in (*PEOPLE, OF_ALL, OF_MANY, OF_FEW)
    )
    with _without_triggers():
        written = (
            write(plots(releases))
            if processes == 1
            else _write_in_children(releases, processes)
        )
        say_progress(written, releases)
        _put_lines_in_order_of_time()
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM (ANALYZE) {', '.join(FILLED)}")


def add_apps(count: int, *, releases: int = SMALL) -> list[App]:
    """Return new apps of that many releases each, made just now, to measure with."""
    lately = timedelta(minutes=10)
    some_plots = [
        Plot(
            f"added-{uuid.uuid4().hex[:12]}",
            releases,
            since=timezone.now() - lately,
            duration=lately,
        )
        for _ in range(count)
    ]
    with _without_triggers():
        list(write(some_plots))
    apps = App.objects.filter(name__in=[plot.name for plot in some_plots])
    return list(apps.select_related("owner"))


def write(some_plots: Sequence[Plot]) -> Iterator[int]:
    """Write the histories of some apps; yield how many releases were committed."""
    everybody = {user.email: user for user in User.objects.all()}
    people = [everybody[email] for email in sorted(PEOPLE)]
    remaining = list(reversed(some_plots))
    while remaining:
        written = 0
        with transaction.atomic(), connection.cursor() as cursor:
            copier = Copier(cursor)
            while remaining and written < TOGETHER:
                plot = remaining.pop()
                visitors = [everybody[email] for email in plot.visitors]
                for _ in Story(plot, people, visitors, copier.add).tell():
                    copier.flush_if_full()
                written += plot.releases
            copier.flush()
        yield written


def _write_in_children(releases: int, processes: int) -> Iterator[int]:
    """Run tests.bench.filling several times at once; all tell their progress here."""
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "tests.bench.filling", str(releases)]
    children = [
        subprocess.Popen([*command, str(part), str(processes)], stdout=writing)
        for part in range(processes)
    ]
    os.close(writing)
    with os.fdopen(reading) as lines:
        yield from map(int, lines)
    for child in children:
        if child.wait():
            raise subprocess.CalledProcessError(child.returncode, child.args)


@contextmanager
def _without_triggers() -> Iterator[None]:
    """Switch our own triggers off, and on again; foreign keys are checked all the same."""
    _alter_tables("DISABLE TRIGGER USER")
    yield
    _alter_tables("ENABLE TRIGGER USER")


def _put_lines_in_order_of_time() -> None:
    """Number and store the lines of all apps as if they had been written in turn."""
    table = table_of(Activity)
    columns = ", ".join(f'"{column}"' for column in table.columns)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE TEMPORARY TABLE told ON COMMIT DROP AS
                SELECT {columns} FROM {table.name};
            TRUNCATE {table.name} RESTART IDENTITY;
            INSERT INTO {table.name} ({columns})
                SELECT {columns} FROM told ORDER BY created_at, app_id, sequence"""  # noqa: S608
        )


def _alter_tables(action: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for table in FILLED:
            cursor.execute(f"ALTER TABLE {table} {action}")
