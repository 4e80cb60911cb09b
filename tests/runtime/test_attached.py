"""manage.py run: a command in one's own terminal, with an app's code and config."""

import os

import pytest

from tests.machine.processes import manage
from tests.runtime.code import serving
from tests.runtime.stage import AppOnStage

pytestmark = pytest.mark.machine


def run(app: AppOnStage, *command: str) -> tuple[int, str]:
    stage = app.stage
    done = manage(
        stage.up.home, "run", app.name, "--", *command, settings=stage.settings
    )
    return done.returncode, done.stdout + done.stderr


def test_it_has_the_code_and_the_config_and_its_own_end(app: AppOnStage) -> None:
    app.config(COLOR="blue")
    app.deploy(serving("one"))

    assert run(app, "cat version.txt; echo $COLOR $DYNO | cut -d. -f1; exit 3") == (
        3,
        "oneblue run\n",
    )
    assert run(app, "echo", "two  words") == (0, "two  words\n")
    assert run(app, "kill -9 $$")[0] == 128 + 9


def test_it_has_a_user_and_a_copy_of_its_own(app: AppOnStage) -> None:
    app.deploy(serving("one"))

    _, said = run(app, "echo changed > version.txt; id -u; pwd")

    user, folder = said.split()
    assert user == str(os.geteuid()) if os.geteuid() else int(user) > 200_000
    assert run(app, "cat version.txt") == (0, "one")
    assert run(app, f"ls {folder}")[0] != 0


def test_what_was_run_by_hand_is_an_activity(app: AppOnStage) -> None:
    app.deploy(serving("one"))

    run(app, "true")

    told = app.stage.manage("activity", app.name)
    assert "Ran run." in told.splitlines()[1]


def test_without_code_it_is_refused(app: AppOnStage) -> None:
    assert run(app, "ls") == (
        1,
        f"{app.name} has no code to run yet: deploy it first.\n",
    )
