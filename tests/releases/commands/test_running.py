"""Processes, how many of them, how they are run, and what they print."""

import io
import json
from collections.abc import Callable

import pytest
from django.core.management import call_command
from pytest_django import Settings

from releases.formation import formation_of
from releases.management.commands import logs
from releases.models import App, Process, RunSettings
from tests.factories import make_app, make_deploy, make_member, make_process
from tests.heroku.schema import mistakes
from tests.log_writing import add, process_log, requested, router_log, stamped
from tests.releases.commands.running import refusal, run, run_json, run_json_list

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("log_folders")]
PROCFILE = {"Procfile": "web: serve\nworker: work\nrelease: migrate\n"}


@pytest.fixture
def app(settings: Settings) -> App:
    settings.ROLLBOOK_RUNTIME = True
    app = make_app("shop")
    make_deploy(app, files=PROCFILE)
    app.refresh_from_db()
    return app


def test_ps_lists_what_runs_and_what_waits_for_a_way_back(app: App) -> None:
    make_process(app, "web", 1)
    crashed = make_process(app, "worker", 1)
    crashed.state = Process.State.CRASHED
    crashed.message, crashed.restarts = "exited with 1\nTraceback", 3
    crashed.save()
    waiting = make_process(app, "web", 1)
    waiting.state, waiting.idle_until = Process.State.IDLE, waiting.created_at
    waiting.save()

    lines = run("ps", "shop").splitlines()
    objects = run_json_list("ps", "shop")

    assert [line.split()[:2] for line in lines[1:]] == [
        ["web.1", "up"],
        ["web.1", "idle"],
        ["worker.1", "crashed"],
    ]
    assert "  v2  " in lines[1]
    assert "exited with 1; ended 3 times by itself" in lines[3]
    assert [mistakes("dyno", each) for each in objects] == [[], [], []]


def test_an_app_says_where_it_is_reached(app: App) -> None:
    assert "Reached at        http://shop.localhost:8080/\n" in run("app", "shop")


def test_ps_says_what_to_do_where_nothing_runs(app: App) -> None:
    make_app("empty")

    assert "`manage.py scale shop` says how many" in run("ps", "shop")
    assert "empty has no code to run yet" in run("ps", "empty")
    assert "empty has no code to run yet" in run("scale", "empty")
    make_deploy(App.objects.get(name="empty"), files={"README": "No Procfile."})
    assert "has no Procfile that names one" in run("ps", "empty")
    assert "has no Procfile that names one" in run("scale", "empty")


def test_scale_takes_numbers_and_steps_and_shows_what_there_is(app: App) -> None:
    before = run("scale", "shop")
    after = run("scale", "shop", "web=2", "worker=+3")
    then = run("scale", "shop", "worker-1", "web+1")

    assert before == "web=1 worker=0\n"
    assert after == "web=2 worker=3\n"
    assert then == "web=3 worker=2\n"
    answer = run_json_list("scale", "shop", "web=0")
    assert [mistakes("formation", each) for each in answer] == [[], []]
    assert [each["quantity"] for each in answer] == [0, 2]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (["web"], "'web' says no number"),
        (["web="], "says no number"),
        (["web=many"], "is none"),
        (["clock=1"], "no process type 'clock'"),
        (["web=1", "web=2"], "Name each process type once."),
    ],
)
def test_scale_refuses_what_it_cannot_read(
    app: App, changes: list[str], sentence: str
) -> None:
    assert sentence in refusal("scale", "shop", *changes)
    assert formation_of(app, app.current_release.slug) == {"web": 1, "worker": 0}


def test_restart_names_what_it_restarts(app: App) -> None:
    assert run("restart", "shop") == "shop runs no process.\n"
    make_process(app, "web", 1)
    make_process(app, "worker", 1)

    one = run("restart", "shop", "worker.1")
    [of_type] = run_json_list("restart", "shop", "web")

    assert one == "Restarting worker.1 of shop.\n"
    assert (of_type["name"], mistakes("dyno", of_type)) == ("web.1", [])
    assert run("restart", "shop") == "Restarting web.1, worker.1 of shop.\n"
    assert refusal("restart", "shop", "clock") == "shop runs no process clock."


def test_stop_process_stops_what_runs_once(app: App) -> None:
    process = make_process(app, "run", 1234)

    said = run("stop_process", "shop", "run.1234")

    process.refresh_from_db()
    assert said == "Stopping run.1234 of shop.\n"
    assert process.state == Process.State.STOPPING
    assert "runs no process run.1234" in refusal("stop_process", "shop", "run.1234")


def test_maintenance_is_switched_and_told(app: App) -> None:
    assert run("maintenance", "shop") == "Maintenance of shop is off.\n"
    assert run("maintenance", "shop", "on") == "Maintenance of shop is on.\n"
    assert run_json("maintenance", "shop")["maintenance"] is True
    assert "is on already" in refusal("maintenance", "shop", "on")
    assert run("maintenance", "shop", "off") == "Maintenance of shop is off.\n"


def test_run_settings_are_shown_and_changed_one_by_one(app: App) -> None:
    assert run("run_settings", "shop").splitlines() == [
        "Ready when                 its port is open",
        "Automatic rollback         off",
        "Release phase on rollback  off",
    ]
    assert not RunSettings.objects.exists()

    run("run_settings", "shop", "--ready-path", "/healthz")
    changed = run("run_settings", "shop", "--automatic-rollback", "on")

    assert "/healthz answers" in changed
    assert run_json("run_settings", "shop") == {
        "ready_path": "/healthz",
        "automatic_rollback": True,
        "release_phase_on_rollback": False,
    }
    run("run_settings", "shop", "--ready-path", "", "--release-phase-on-rollback", "on")
    assert run_json("run_settings", "shop")["ready_path"] is None
    assert "begins with /" in refusal("run_settings", "shop", "--ready-path", "healthz")


def test_each_command_asks_for_its_permission(app: App) -> None:
    viewer, stranger = make_member(app, "view").user, make_app("theirs").owner

    for typed in (
        ["scale", "shop", "web=2"],
        ["restart", "shop"],
        ["stop_process", "shop", "web"],
        ["maintenance", "shop", "on"],
        ["run_settings", "shop", "--automatic-rollback", "on"],
    ):
        assert "permission" in refusal(*typed, by=viewer)
        assert refusal(*typed, by=stranger) == "There is no app called shop."
    for command in ("ps", "scale", "logs", "maintenance", "run_settings"):
        run(command, "shop", by=viewer)
        assert refusal(command, "shop", by=stranger) == "There is no app called shop."


def test_where_apps_do_not_run_the_commands_say_so(
    app: App, settings: Settings
) -> None:
    settings.ROLLBOOK_RUNTIME = False

    for typed in (["ps"], ["scale", "web=2"], ["restart"], ["stop_process", "web.1"]):
        assert "does not run them" in refusal(typed[0], "shop", *typed[1:])


def test_logs_are_filtered_as_they_are_asked_for(app: App) -> None:
    add(process_log(app, "web.1"), stamped("one"), stamped("Two", second=1, version=3))
    add(process_log(app, "web.1"), stamped("-- exited with 1", second=2, version=3))
    add(router_log(app), requested("/", second=3))

    def texts(*options: str) -> list[object]:
        return [line["text"] for line in run_json_list("logs", "shop", *options)]

    assert texts("--process", "web") == ["one", "Two", "exited with 1"]
    assert texts("--process", "web", "--lines", "1") == ["exited with 1"]
    assert texts("--release", "v3") == ["Two", "exited with 1"]
    assert texts("--search", "TWO") == ["Two"]
    assert texts("--source", "heroku", "--process", "web.1") == ["exited with 1"]
    assert len(texts()) == 7
    assert run("logs", "shop", "--search", "two") == (
        "2026-11-25T19:05:55.000000+00:00 app[web.1]: Two\n"
    )


class Reader(io.StringIO):
    """Somebody who reads along: a line makes the next one happen, and at last Ctrl-C."""

    def __init__(self, *happens: Callable[[], object]) -> None:
        super().__init__()
        self._happens = list(happens)

    def write(self, text: str) -> int:
        written = super().write(text)
        if text.endswith("\n"):
            if not self._happens:
                raise KeyboardInterrupt
            self._happens.pop(0)()
        return written


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_tail_goes_on_until_it_is_interrupted(
    app: App, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    monkeypatch.setattr(logs, "POLL", 0.01)
    log = process_log(app, "web.1")
    add(log, stamped("first"))
    reader = Reader(
        lambda: add(log, stamped("second", second=1)),
        lambda: add(process_log(app, "web.2"), stamped("third", second=2)),
    )

    with pytest.raises(KeyboardInterrupt):
        call_command(
            "logs", "shop", "--tail", "--process", "web", *options, stdout=reader
        )

    lines = reader.getvalue().splitlines()
    if options:
        lines = [json.loads(line)["text"] for line in lines]
    assert [line.rpartition(" ")[2] for line in lines] == ["first", "second", "third"]
