"""Releases on their way: what goes live, what fails and what it says, what runs on."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.runtime.code import WEB, serving
from tests.runtime.stage import Answer, AppOnStage, processes_with

pytestmark = pytest.mark.machine


def test_a_deploy_is_live_when_it_answers_at_its_address(app: AppOnStage) -> None:
    app.deploy(serving("one"))

    app.answers("one")
    assert app.processes() == {"web.1": "up"}


def test_a_config_change_reaches_the_app_and_drops_nothing(app: AppOnStage) -> None:
    app.deploy(serving("one"))

    app.config(COLOR="blue")

    app.answers("one blue")


def test_its_environment_is_config_port_and_metadata_and_nothing_of_ours(
    app: AppOnStage,
) -> None:
    # By that one Rollbook finds what belongs to a process.
    app.config(COLOR="blue", HEROKU_DYNO_ID="mine")
    version = app.deploy(serving("one"))

    found = json.loads(app.get("/env").body)

    known = {"PORT", "DYNO", "COLOR", "PATH", "HOME", "LANG"}
    by_the_shell = {"PWD", "SHLVL", "_", "OLDPWD", "LC_CTYPE"}
    others = {name for name in found if not name.startswith("HEROKU_")}
    assert known <= others <= known | by_the_shell
    assert (found["DYNO"], found["COLOR"]) == ("web.1", "blue")
    assert found["HEROKU_RELEASE_VERSION"] == f"v{version}"
    assert found["HEROKU_DYNO_ID"] in app.with_idle()


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (serving("bad", procfile="web: echo broken; exit 7\n"), "exited with 7"),
        (serving("bad", procfile="web: no-such-program\n"), "exited with 127"),
        (serving("bad", procfile="web: sleep 600\n"), "did not listen at $PORT"),
    ],
)
def test_what_does_not_become_ready_fails_and_what_ran_runs_on(
    app: AppOnStage, files: dict[str, str], sentence: str
) -> None:
    app.deploy(serving("one"))

    said = app.failed(app.release(files))

    assert sentence in said
    assert app.get() == Answer(200, "one")
    app.when(app.processes, lambda found: found == {"web.1": "up"})


def test_why_it_failed_ends_with_what_it_printed(app: AppOnStage) -> None:
    said = app.failed(
        app.release(serving("bad", procfile="web: echo no database here; exit 1\n"))
    )

    assert "no database here" in said


@contextmanager
def no_traffic_moves(app: AppOnStage) -> Iterator[None]:
    # The router's next state of an app has that name for a moment.
    in_the_way = app.stage.up.home / "router" / "apps" / app.id / "next"
    in_the_way.mkdir()
    yield
    in_the_way.rmdir()


def test_a_deploy_succeeds_when_its_traffic_has_moved_and_not_before(
    app: AppOnStage,
) -> None:
    app.deploy(serving("one"))

    with no_traffic_moves(app):
        version = app.release(serving("two"))
        time.sleep(2)
        assert app.info(version)["status"] == "pending"
        assert app.get() == Answer(200, "one")

    app.live(version)
    assert app.get() == Answer(200, "two")


def test_a_rollback_succeeds_when_its_traffic_has_moved_and_not_before(
    app: AppOnStage,
) -> None:
    first = app.deploy(serving("one"))
    app.deploy(serving("two"))
    app.one_waits()

    with no_traffic_moves(app):
        version = app.begin_rollback(first)
        time.sleep(1)
        assert app.info(version)["status"] == "pending"
        assert app.get() == Answer(200, "two")

    app.live(version)
    assert app.get() == Answer(200, "one")


def test_one_that_listens_late_is_waited_for(app: AppOnStage) -> None:
    app.config(STARTS_AFTER="2")

    app.deploy(serving("one"))

    app.answers("one")


def test_a_ready_path_is_asked_before_traffic_moves(app: AppOnStage) -> None:
    app.deploy(serving("one"))
    app.stage.manage("run_settings", app.name, "--ready-path", "/up")
    app.api("PATCH", "/config-vars", {"STATUS": "500"})

    said = app.failed(app.newest()["version"])

    assert "did not answer at /up" in said
    assert app.get() == Answer(200, "one")


PHASE = "release: echo migrating; {}\n" + WEB


def test_the_release_phase_comes_first_and_its_output_is_kept(app: AppOnStage) -> None:
    version = app.deploy(serving("one", procfile=PHASE.format("sleep 0.2")))

    assert app.output(version) == "migrating\n"
    app.answers("one")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [("exit 3", "exited with 3"), ("sleep 600", "took longer than 3 seconds")],
)
def test_a_release_phase_that_fails_or_hangs_touches_no_traffic(
    app: AppOnStage, command: str, sentence: str
) -> None:
    app.deploy(serving("one"))

    said = app.failed(app.release(serving("two", procfile=PHASE.format(command))))

    assert said.startswith("migrating\n")
    assert sentence in said
    assert app.get() == Answer(200, "one")
    app.when(app.processes, lambda found: found == {"web.1": "up"})


def test_a_release_phase_that_is_stopped_is_not_begun_again(app: AppOnStage) -> None:
    app.deploy(serving("one"))
    procfile = PHASE.format("sleep 600")
    pending = app.release(serving("two", procfile=procfile))
    app.when(app.processes, lambda found: found.get("release.1") == "up")

    app.api("POST", "/dynos/release.1/actions/stop")

    said = app.failed(pending)
    assert "Stopped by ada@example.com" in said
    assert said.count("migrating") <= 1
    assert app.get() == Answer(200, "one")


def test_the_release_phase_is_not_run_again_by_a_rollback_unless_asked(
    app: AppOnStage,
) -> None:
    procfile = PHASE.format("true")
    first = app.deploy(serving("one", procfile=procfile))
    second = app.deploy(serving("two", procfile=procfile))

    back = app.roll_back(first)
    app.stage.manage("run_settings", app.name, "--release-phase-on-rollback", "on")
    forth = app.roll_back(second)

    assert app.output(back) == ""
    assert app.output(forth) == "migrating\n"


def test_an_app_without_a_web_process_runs_its_workers(app: AppOnStage) -> None:
    files = serving("one", procfile="worker: exec sleep 600\n")
    app.deploy(files)

    assert app.processes() == {}
    app.api("PATCH", "/formation", {"updates": [{"type": "worker", "quantity": 2}]})

    app.when(app.processes, lambda found: found == {"worker.1": "up", "worker.2": "up"})
    assert app.get().status == 503
    assert "no web process" in app.get().body


def test_code_without_a_procfile_says_that_nothing_runs(app: AppOnStage) -> None:
    app.deploy({"notes.txt": "hello"})

    assert app.get().status == 503
    assert "Procfile" in app.get().body


def test_workers_change_hands_and_never_run_twice(app: AppOnStage) -> None:
    procfile = WEB + "worker: echo begin; exec sleep 600\n"
    app.deploy(serving("one", procfile=procfile))
    app.api("PATCH", "/formation", {"updates": [{"type": "worker", "quantity": "1"}]})
    app.when(app.processes, lambda found: found.get("worker.1") == "up")

    version = app.deploy(serving("two", procfile=procfile))

    workers = app.when(
        lambda: [
            each
            for each in app.api("GET", "/dynos").json
            if each["type"] == "worker" and each["state"] == "up"
        ],
        lambda found: [each["release"]["version"] for each in found] == [version],
    )
    assert len(workers) == 1


def test_scaling_starts_and_stops_processes_and_is_no_release(app: AppOnStage) -> None:
    version = app.deploy(serving("one"))

    app.api("PATCH", "/formation", {"updates": [{"type": "web", "quantity": "+2"}]})
    app.when(
        app.processes, lambda found: found == {f"web.{n}": "up" for n in (1, 2, 3)}
    )
    app.api("PATCH", "/formation", {"updates": [{"type": "web", "quantity": "1"}]})

    app.when(app.processes, lambda found: found == {"web.1": "up"})
    assert app.get() == Answer(200, "one")
    assert app.newest()["version"] == version


def test_a_restart_starts_the_same_release_anew(app: AppOnStage) -> None:
    app.deploy(serving("one"))
    [before] = app.api("GET", "/dynos").json

    app.api("DELETE", "/dynos")

    app.when(
        lambda: app.api("GET", "/dynos").json,
        lambda found: (
            [each["state"] for each in found] == ["up"]
            and found[0]["id"] != before["id"]
        ),
    )
    assert app.get() == Answer(200, "one")


def test_a_crashed_process_is_seen_and_comes_back(app: AppOnStage) -> None:
    app.deploy(serving("one"))

    app.get("/exit")

    app.answers("one")
    app.when(app.processes, lambda found: found == {"web.1": "up"})


@pytest.mark.parametrize("path", ["", "/up"])
def test_one_that_crashed_gets_no_traffic_before_it_answers_again(
    app: AppOnStage, path: str
) -> None:
    app.stage.manage("run_settings", app.name, "--ready-path", path)
    gate = app.gate()
    gate.open()
    app.deploy(serving("one", procfile=f"web: {gate.held}; exec python3 serve.py\n"))
    gate.close()

    app.get("/exit")

    app.when(app.processes, lambda found: found == {"web.1": "starting"})
    app.when(app.get, lambda answer: answer.status == 503)
    gate.open()
    app.answers("one")


WORKER = "worker: exec python3 work.py\n"
WORK = """
import signal, sys, time


def end(*_):
    time.sleep(1)
    print("ended", flush=True)
    sys.exit()


signal.signal(signal.SIGTERM, end)
print("began", flush=True)
while True:
    time.sleep(60)
"""


def test_a_worker_never_runs_twice(app: AppOnStage) -> None:
    app.deploy(serving("one", procfile=WEB + WORKER, work__py=WORK))
    app.api("PATCH", "/formation/worker", {"quantity": 1})
    app.prints("worker.1", ["began"])

    app.deploy(serving("two", procfile=WEB + WORKER, work__py=WORK))
    app.prints("worker.1", ["began", "ended", "began"])
    app.api("DELETE", "/dynos/worker.1")

    app.prints("worker.1", ["began", "ended"] * 2 + ["began"])


def test_workers_run_while_the_web_process_crashes(app: AppOnStage) -> None:
    gate = app.gate()
    gate.open()
    crashing = f"web: [ -e {gate.path} ] || exit 3; exec python3 serve.py\n"
    app.deploy(serving("one", procfile=crashing + WORKER, work__py=WORK))
    gate.close()
    app.get("/exit")
    app.when(app.processes, lambda found: found == {"web.1": "crashed"})

    app.api("PATCH", "/formation/worker", {"quantity": 1})

    app.prints("worker.1", ["began"])


def test_maintenance_shows_a_page_and_the_app_runs_on(app: AppOnStage) -> None:
    app.deploy(serving("one"))

    app.api("PATCH", "", {"maintenance": True})
    app.when(app.get, lambda answer: answer.status == 503)
    app.api("PATCH", "", {"maintenance": False})

    app.answers("one")


def test_a_renamed_app_is_reached_by_its_new_name(app: AppOnStage) -> None:
    app.deploy(serving("one"))
    new = f"{app.name}-new"[:30]

    app.api("PATCH", "", {"name": new})

    renamed = AppOnStage(app.stage, new, app.id)
    renamed.answers("one")
    app.when(app.get, lambda answer: answer.status == 404)


def test_a_destroyed_app_is_gone_from_the_machine(app: AppOnStage) -> None:
    app.deploy(serving("one"))

    app.api("DELETE")

    app.when(app.get, lambda answer: answer.status == 404)
    marker = f"HEROKU_APP_ID={app.id}"
    app.when(lambda: processes_with(marker), lambda found: not found)


def test_a_destroyed_app_leaves_nothing_on_its_way(app: AppOnStage) -> None:
    app.release(serving("one", procfile="web: sleep 600\n"))
    app.when(app.processes, lambda found: found == {"web.1": "starting"})

    app.api("DELETE")

    marker = f"HEROKU_APP_ID={app.id}"
    app.when(lambda: processes_with(marker), lambda found: not found)


def test_a_command_runs_once_with_code_and_config(app: AppOnStage) -> None:
    app.config(COLOR="blue")
    app.deploy(serving("one"))

    made = app.api("POST", "/dynos", {"command": "cat version.txt; echo $COLOR"})

    assert made.status == 201
    name = made.json["name"]
    logs = app.when(
        lambda: app.stage.manage("logs", app.name, "--process", name),
        lambda found: "blue" in found,
    )
    assert f"[{name}]: one" in logs
    app.when(app.processes, lambda found: name not in found)
