"""What it costs to keep apps running that nobody visits: memory, and a share of a core."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench.report import Row, Target
from tests.runtime.code import serving
from tests.runtime.stage import Stage, staged

APPS, SECONDS = 20, 60.0
MOST_MEGABYTES, MOST_SHARE = 250, 0.01
PARTS = {
    "reconciler": "manage.py runtime",
    "supervisord": "supervisord",
    "Caddy": "caddy",
}


def measure_idle() -> list[Row]:
    with staged() as stage:
        files = serving("idle")
        with ThreadPoolExecutor(2) as pool:
            for app in [stage.app() for _ in range(APPS)]:
                pool.submit(app.deploy, files)
        pids = {name: stage.child(word) for name, word in PARTS.items()}
        _wait_until_at_rest(stage)
        before = {name: _seconds(pid) for name, pid in pids.items()}
        time.sleep(SECONDS)
        used = {name: _seconds(pid) - before[name] for name, pid in pids.items()}
        memory = {name: _megabytes(pid) for name, pid in pids.items()}
    share = sum(used.values()) / SECONDS
    return [
        Row(
            f"Running: memory of {', '.join(PARTS)} for {APPS} idle apps",
            f"{sum(memory.values()):.0f} MB",
            " + ".join(f"{each:.0f}" for each in memory.values()),
            target=Target(
                f"under {MOST_MEGABYTES} MB", sum(memory.values()) < MOST_MEGABYTES
            ),
        ),
        Row(
            "Running: share of a core that these take",
            f"{share:.2%}",
            " + ".join(f"{each / SECONDS:.2%}" for each in used.values()),
            target=Target(f"under {MOST_SHARE:.0%}", share < MOST_SHARE),
        ),
    ]


def _wait_until_at_rest(stage: Stage) -> None:
    """Let the copies for processes to come be made, and the first looks be over."""
    spent = -1.0
    while (now := _seconds(stage.child(PARTS["reconciler"]))) - spent > 0.2:
        spent = now
        time.sleep(5)


def _seconds(pid: int) -> float:
    """Return the time that a process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _megabytes(pid: int) -> float:
    """Return the memory that is a process's own, and its part of what it shares."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    [kilobytes] = [line.split()[1] for line in lines if line.startswith("Pss:")]
    return int(kilobytes) / 1024
