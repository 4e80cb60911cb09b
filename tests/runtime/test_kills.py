"""kill -9 at any moment: within seconds what runs is what the ledger says, and no more."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machine.processes import ROOT, environment, family, gone, wait_until
from tests.runtime.code import serving
from tests.runtime.stage import (
    AppOnStage,
    Stage,
    environment_of,
    processes_with,
    staged,
)
from tests.throwaway import make_home

pytestmark = pytest.mark.machine
PARTS = ["manage.py runtime", "supervisord", "caddy", "postgres"]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A Rollbook of its own: others would notice."""
    with staged() as made:
        yield made


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_part_is_back_and_the_app_with_it(
    stage: Stage, app: AppOnStage, part: str
) -> None:
    app.deploy(serving("one"))
    app.deploy(serving("two"))

    stage.kill(part)

    wait_until(lambda: stage.call("GET", f"/apps/{app.name}").status == 200)
    app.answers("two")
    app.when(
        app.processes, lambda found: sorted(found.values()) in (["idle", "up"], ["up"])
    )
    app.deploy(serving("three"))
    app.answers("three")


def test_an_app_without_code_says_so_whoever_was_killed(
    stage: Stage, app: AppOnStage
) -> None:
    app.when(app.get, lambda answer: "Nothing was deployed" in answer.body)

    stage.kill("manage.py runtime")

    app.when(app.get, lambda answer: "Nothing was deployed" in answer.body)
    another = stage.app()
    app.when(another.get, lambda answer: answer.status == 503)
    assert "Nothing was deployed" in app.get().body


def test_a_killed_process_leaves_nothing_behind_and_is_back(app: AppOnStage) -> None:
    forking = "web: sleep 601 & (setsid sleep 602 &) ; exec python3 serve.py\n"
    app.deploy(serving("one", procfile=forking))
    [process] = app.api("GET", "/dynos").json
    marker = f"HEROKU_DYNO_ID={process['id']}"
    before = processes_with(marker)
    assert len(before) >= 3

    for pid in before:
        os.kill(pid, signal.SIGKILL)

    app.answers("one")
    wait_until(lambda: len(processes_with(marker)) == len(before))
    assert before.isdisjoint(processes_with(marker))


def test_kills_at_random_moments_of_releases_leave_the_ledger_true(
    stage: Stage, app: AppOnStage
) -> None:
    chance = random.Random(5)  # noqa: S311  # no secret
    version = app.deploy(serving("0"))
    good = {"0": version}

    for turn in range(1, 7):
        slug = app.slug(serving(str(turn)))
        made = app.api("POST", "/releases", {"slug": slug})
        time.sleep(chance.uniform(0, 0.8))
        stage.kill(chance.choice(PARTS))
        wait_until(lambda: stage.call("GET", f"/apps/{app.name}").status == 200)
        if made.status == 201:
            release = app.settled(made.json["version"])
            if release["status"] == "succeeded":
                good[str(turn)] = release["version"]

    newest = max(good, key=lambda text: good[text])
    app.answers(newest)
    there = app.when(
        app.with_idle, lambda found: sorted(found.values()) in (["idle", "up"], ["up"])
    )
    wait_until(lambda: dynos_of(app) == set(there))
    runtime = stage.up.home / "runtime"
    places, homes = runtime / "processes", runtime / "code" / "homes"
    wait_until(lambda: names_in(places) == names_in(homes) >= set(there))
    stage.manage("verify_ledger")


def names_in(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def dynos_of(app: AppOnStage) -> set[str]:
    """Return the ids of the processes of an app that have any process on this machine."""
    return {
        name.removeprefix("HEROKU_DYNO_ID=")
        for pid in processes_with(f"HEROKU_APP_ID={app.id}")
        for name in environment_of(pid)
        if name.startswith("HEROKU_DYNO_ID=")
    }


def test_what_bin_up_started_ends_with_it() -> None:
    with staged() as own:
        app = own.app()
        app.deploy(serving("one"))
        marker = f"HEROKU_APP_ID={app.id}"
        started = family(own.up.process.pid) | processes_with(marker)
        assert processes_with(marker)

        os.kill(own.up.process.pid, signal.SIGKILL)

        wait_until(lambda: gone(started) and not processes_with(marker))


def test_only_one_machine_runs_the_apps_of_a_database(app: AppOnStage) -> None:
    app.deploy(serving("one"))
    before = app.with_idle()
    home, stage = make_home(), app.stage
    second = subprocess.Popen(
        [sys.executable, "manage.py", "runtime"],
        cwd=ROOT,
        env=environment(home, {**stage.settings, "DATABASE_URL": stage.database_url}),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert second.stderr
    try:
        assert "Another machine runs the apps" in second.stderr.readline()
        app.config(COLOR="blue")
    finally:
        second.kill()
        second.wait()
        second.stderr.close()
        shutil.rmtree(home.parent)

    app.answers("one blue")
    assert before.keys() <= app.with_idle().keys()
