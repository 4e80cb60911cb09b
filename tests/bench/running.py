"""How long it takes until users get another release: from the click to the first good answer.

On a Rollbook of its own, run as bin/up does, with one app; beside it the same app is
started by hand, and the click is made alone.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from uuid import uuid4

from django.test import override_settings

from runtime.driver import Route, Upstream
from runtime.local.router import SLOTS
from runtime.local.router_files import RouterFiles
from tests.bench.report import Row, Target, duration
from tests.bench.timing import ratio
from tests.ports import free_port
from tests.runtime.code import serving
from tests.runtime.stage import Answer, AppOnStage, Stage, staged
from tests.runtime.visitors import can_connect

ROUNDS, WARM_UP = 30, 3
WARM_SECONDS, WARM_TIMES, COLD_TIMES, COLD_EXTRA = 0.25, 2.0, 1.3, 0.2
PAUSE = 0.002


def measure_running() -> list[Row]:
    with staged() as stage:
        app = stage.app()
        slugs = [app.slug(serving(text)) for text in ("one", "two")]
        versions = [app.live(_deploy(app, slug)) for slug in slugs]
        warm = _rounds(lambda n: _rollback(app, versions[n % 2], ("one", "two")[n % 2]))
        fresh = [app.slug(serving(f"n{n}")) for n in range(ROUNDS + WARM_UP)]
        deploys = _rounds(
            lambda n: _timed(lambda: _deploy(app, fresh[n]), app, f"n{n}")
        )
        switches = _rounds(_switch(stage))
        by_hand = _rounds(lambda n: _by_hand(f"hand{n}"))
    with staged(ROLLBOOK_WARM_FOR="0") as stage:
        app = stage.app()
        versions = [app.deploy(serving(text)) for text in ("one", "two")]
        cold = _rounds(lambda n: _rollback(app, versions[n % 2], ("one", "two")[n % 2]))
    return [
        _row("the same app, started by hand", [took for _, took in by_hand]),
        _row("POST of a rollback alone", [post for post, _ in warm]),
        _row("a switch of the router alone", [took for _, took in switches]),
        _warm_row(warm, switches),
        _cold_row(cold, by_hand),
        _row("deploy of a stored slug, to its first answer", [t for _, t in deploys]),
    ]


Pair = tuple[float, float]


def _rounds(act: Callable[[int], Pair]) -> list[Pair]:
    return [act(number) for number in range(ROUNDS + WARM_UP)][WARM_UP:]


def _rollback(app: AppOnStage, version: int, text: str) -> Pair:
    # All of the last one is over: what it stopped has ended, and what waits is ready.
    app.when(
        lambda: set(app.processes().values()), lambda states: states <= {"up", "idle"}
    )
    return _timed(lambda: app.begin_rollback(version), app, text)


def _deploy(app: AppOnStage, slug: str) -> int:
    made = app.api("POST", "/releases", {"slug": slug})
    if made.status != 201:
        raise RuntimeError(made.body)
    return int(made.json["version"])


def _timed(act: Callable[[], object], app: AppOnStage, text: str) -> Pair:
    """Return the seconds of the call alone, and until the app answered with `text`."""
    began = time.perf_counter()
    act()
    called = time.perf_counter() - began
    while app.get() != Answer(200, text):
        time.sleep(PAUSE)
    return called, time.perf_counter() - began


def _switch(stage: Stage) -> Callable[[int], Pair]:
    with override_settings(ROUTER_FOLDER=stage.up.home / "router"):
        files = RouterFiles()
    app_id = uuid4()

    def publish(number: int) -> Pair:
        route = Route(app_id, (), [Upstream(port=1_024 + number, version=number)])
        began = time.perf_counter()
        files.publish(route, slots=SLOTS)
        return 0.0, time.perf_counter() - began

    return publish


def _by_hand(text: str) -> Pair:
    with _unpacked(text) as folder:
        port = free_port()
        began = time.perf_counter()
        process = subprocess.Popen(
            ["/bin/sh", "-c", "exec python3 serve.py"],
            cwd=folder,
            env={"PORT": str(port), "PATH": os.defpath + ":/usr/local/bin"},
            stdout=subprocess.DEVNULL,
        )
        try:
            while not can_connect(port):
                time.sleep(PAUSE)
            return 0.0, time.perf_counter() - began
        finally:
            process.kill()
            process.wait()


@contextmanager
def _unpacked(text: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in serving(text).items():
            (Path(folder) / name).write_text(content, encoding="utf-8")
        yield Path(folder)


def _row(what: str, times: Sequence[float]) -> Row:
    return Row(f"Running: {what}", _figures(times))


def _warm_row(pairs: Sequence[Pair], switches: Sequence[Pair]) -> Row:
    posts, totals = zip(*pairs, strict=True)
    limit = WARM_TIMES * median(posts) + median(took for _, took in switches)
    return Row(
        "Running: warm rollback, click to first good answer",
        _figures(totals),
        "its POST alone",
        ratio(totals, posts),
        Target(
            f"under {WARM_SECONDS * 1000:.0f} ms, and under {WARM_TIMES:.0f} of it + a"
            f" switch ({limit * 1000:.0f})",
            median(totals) < min(WARM_SECONDS, limit),
        ),
    )


def _cold_row(pairs: Sequence[Pair], by_hand: Sequence[Pair]) -> Row:
    totals, hand = [took for _, took in pairs], [took for _, took in by_hand]
    limit = COLD_TIMES * median(hand) + COLD_EXTRA
    return Row(
        "Running: cold rollback, click to first good answer",
        _figures(totals),
        "started by hand",
        ratio(totals, hand),
        Target(
            f"under 1.3 of it + 200 ms ({limit * 1000:.0f})", median(totals) < limit
        ),
    )


def _figures(times: Sequence[float]) -> str:
    p95 = quantiles(times, n=20, method="inclusive")[-1]
    return f"{duration(times)} (p95 {duration([p95])})"
