"""Scaling, restarting, running once, and how an app is run: activities, no releases."""

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from releases.errors import Conflict, NotFound, OperationRefused
from releases.formation import formation_of
from releases.models import App, Process, Release, RunSettings
from releases.models.app import CHANNEL
from releases.operations.change_run_settings import RunChange, change_run_settings
from releases.operations.release_output import CUT_OFF, append_output
from releases.operations.restart_processes import restart_processes, stop_processes
from releases.operations.run_once import AT_ONCE, run_once
from releases.operations.scale import scale
from tests.factories import acting, make_app, make_config, make_deploy, make_process

pytestmark = pytest.mark.django_db
PROCFILE = {"Procfile": "web: serve\nworker: work\nrelease: migrate\n"}


@pytest.fixture
def app() -> App:
    app = make_app("shop")
    make_deploy(app, files=PROCFILE)
    app.refresh_from_db()
    return app


def formation(app: App) -> dict[str, int]:
    return formation_of(app, app.current_release.slug)


def test_one_web_process_runs_unless_somebody_scales(app: App) -> None:
    assert formation(app) == {"web": 1, "worker": 0}
    assert formation_of(app, None) == {}


def test_scaling_takes_numbers_and_steps_and_is_no_release(app: App) -> None:
    wanted = {"web": "+2", "worker": "1"}

    assert scale(app=app, quantities=wanted, actor=acting(app.owner)) == {
        "web": 3,
        "worker": 1,
    }
    scale(app=app, quantities={"web": "-1"}, actor=acting(app.owner))

    assert formation(app) == {"web": 2, "worker": 1}
    assert app.releases.count() == 2
    told = app.activities.filter(kind="formation.scaled").order_by("sequence")
    assert [each.summary for each in told] == [
        "Scaled web to 3, worker to 1",
        "Scaled web to 2",
    ]
    assert told[0].detail == {
        "from": {"web": 1, "worker": 0},
        "to": {"web": 3, "worker": 1},
    }


def test_scaling_to_what_is_so_is_no_activity(app: App) -> None:
    before = app.activities.count()

    scale(app=app, quantities={"web": "1"}, actor=acting(app.owner))

    assert app.activities.count() == before


@pytest.mark.parametrize(
    ("quantities", "sentence"),
    [
        ({"web": "many"}, "is none"),
        ({"web": "101"}, "From 0 to 100"),
        ({"web": "-2"}, "From 0 to 100"),
        ({"web": ""}, "is none"),
        ({"web": "1", "clock": "1"}, "no process type 'clock'"),
        ({"release": "1"}, "no process type 'release'"),
    ],
)
def test_what_cannot_run_is_refused_and_changes_nothing(
    app: App, quantities: dict[str, str], sentence: str
) -> None:
    with pytest.raises(OperationRefused, match=sentence):
        scale(app=app, quantities=quantities, actor=acting(app.owner))

    assert formation(app) == {"web": 1, "worker": 0}


def test_a_restart_asks_for_all_processes_a_type_or_one(app: App) -> None:
    first, second = make_process(app, "web", 1), make_process(app, "web", 2)
    worker = make_process(app, "worker", 1)
    actor = acting(app.owner)

    assert restart_processes(app=app, name="web.2", actor=actor) == [second]
    assert restart_processes(app=app, name="web", actor=actor) == [first, second]
    assert restart_processes(app=app, actor=actor) == [first, second, worker]

    assert Process.objects.filter(restart_asked_at=None).count() == 0
    assert app.activities.latest("sequence").summary == "Restarted all processes"


@pytest.mark.parametrize("name", ["clock", "web.9", "web.x", "web.99999", "."])
def test_a_process_that_does_not_run_is_not_restarted(app: App, name: str) -> None:
    make_process(app, "web", 1)

    for operation in (restart_processes, stop_processes):
        with pytest.raises(NotFound, match="runs no process"):
            operation(app=app, name=name, actor=acting(app.owner))


def test_a_command_runs_once_and_can_be_stopped(app: App) -> None:
    process = run_once(app=app, command=" rake db:seed ", actor=acting(app.owner))

    assert (process.process_type, process.command) == ("run", "rake db:seed")
    assert app.activities.latest("sequence").detail == {"command": "rake db:seed"}
    [stopped] = stop_processes(app=app, name=str(process), actor=acting(app.owner))
    assert stopped.state == "stopping"
    # Restarting means what goes on running.
    assert restart_processes(app=app, actor=acting(app.owner)) == []


def test_what_waits_for_a_way_back_is_not_stopped_by_its_name(app: App) -> None:
    idle = make_process(app, "web", 1, state="idle", idle_until=timezone.now())

    with pytest.raises(NotFound, match="runs no process"):
        stop_processes(app=app, name="web.1", actor=acting(app.owner))
    up = make_process(app, "web", 1)

    assert stop_processes(app=app, name="web.1", actor=acting(app.owner)) == [up]
    idle.refresh_from_db()
    assert (idle.state, idle.restart_asked_at) == ("idle", None)


def test_without_code_there_is_nothing_to_run() -> None:
    app = make_app()

    with pytest.raises(OperationRefused, match="no code to run"):
        run_once(app=app, command="ls", actor=acting(app.owner))


def test_few_commands_run_at_once(app: App) -> None:
    for _ in range(AT_ONCE):
        run_once(app=app, command="sleep", actor=acting(app.owner))

    with pytest.raises(Conflict, match="commands already"):
        run_once(app=app, command="sleep", actor=acting(app.owner))


def test_how_an_app_runs_is_changed_where_it_differs(app: App) -> None:
    actor = acting(app.owner)
    change = RunChange(ready_path="/up", automatic_rollback=True)

    change_run_settings(app=app, change=change, actor=actor)
    change_run_settings(app=app, change=change, actor=actor)

    found = RunSettings.objects.get(app=app)
    assert (found.ready_path, found.automatic_rollback) == ("/up", True)
    told = app.activities.filter(kind="run-settings.changed")
    assert [each.summary for each in told] == [
        "Changed how it runs: ready path /up, automatic rollback on"
    ]


@pytest.mark.parametrize("path", ["up", "http://other/", "/a b", "/" + "x" * 200])
def test_a_ready_path_is_a_path(app: App, path: str) -> None:
    with pytest.raises(OperationRefused, match="begins with /"):
        change_run_settings(
            app=app, change=RunChange(ready_path=path), actor=acting(app.owner)
        )


def test_a_release_without_code_has_nothing_to_wait_for(settings: Settings) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False
    app = make_app()

    assert make_config(app, COLOR="red").status == Release.Status.SUCCEEDED


def test_output_told_again_is_kept_once(settings: Settings) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False
    pending = make_deploy(make_app())

    append_output(release=pending, lines=["one"])
    append_output(release=pending, lines=["one", "two\0"])

    assert [line.text for line in pending.output.all()] == ["one", "two\ufffd"]


def test_output_that_is_more_than_is_kept_says_so(settings: Settings) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False
    settings.RELEASE_OUTPUT_LINES = 3
    pending = make_deploy(make_app())
    lines = [str(number) for number in range(6)]

    append_output(release=pending, lines=lines[:2])
    # Of more than that the newest are told, of which nobody knows what came before.
    append_output(release=pending, lines=lines[1:5])
    append_output(release=pending, lines=lines[2:6])

    assert [line.text for line in pending.output.all()] == ["0", "1", CUT_OFF]


@pytest.mark.parametrize("told", [["5", "6", "7", "8"], ["8"]])
def test_where_output_is_missing_is_said(settings: Settings, told: list[str]) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False
    pending = make_deploy(make_app())

    append_output(release=pending, lines=["0", "1"])
    # The log has no room for what was between, though these are few.
    append_output(release=pending, lines=told)
    append_output(release=pending, lines=[*told, "9"])

    assert [line.text for line in pending.output.all()] == ["0", "1", CUT_OFF]


@pytest.mark.django_db(transaction=True)
def test_postgresql_tells_of_every_operation_once_it_is_committed() -> None:
    app = make_app()
    listener = connection.copy()
    try:
        with listener.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
        make_deploy(app)
        heard = {note.payload for note in listener.connection.notifies(timeout=1)}
    finally:
        listener.close()

    assert heard == {str(app.pk)}
