"""All that is measured, by the word that asks for it."""

import os
import platform
from collections.abc import Callable, Iterable, Mapping

from django.db import connection

from releases.models import App, Release
from tests.bench.api import measure_api
from tests.bench.idle import measure_idle
from tests.bench.progress import say
from tests.bench.reads import measure_pages, measure_verify
from tests.bench.report import Row, table
from tests.bench.running import measure_running
from tests.bench.slugs import measure_ingest, measure_plan
from tests.bench.web import measure_web
from tests.bench.writes import measure_config, measure_rollback

MEASURES: Mapping[str, Callable[[], list[Row]]] = {
    "rollback": measure_rollback,
    "config": measure_config,
    "plan": measure_plan,
    "ingest": measure_ingest,
    "pages": measure_pages,
    "web": measure_web,
    "api": measure_api,
    "verify": measure_verify,
    "running": measure_running,
    "idle": measure_idle,
}


def measure(parts: Iterable[str]) -> str:
    """Measure some parts, in the order above, and return the report."""
    rows: list[Row] = []
    for part in MEASURES:
        if part in parts:
            say(f"Measuring: {part}.")
            rows += MEASURES[part]()
    say("")
    return f"{_circumstances()}\n\n{table(rows)}\n"


def _circumstances() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        [postgres] = cursor.fetchone()
    return (
        f"{Release.objects.count():,} releases of {App.objects.count():,} apps, on"
        f" {os.cpu_count()} cores ({platform.system()}, {platform.machine()}),"
        f" Python {platform.python_version()},"
        f" PostgreSQL {postgres}."
    )
