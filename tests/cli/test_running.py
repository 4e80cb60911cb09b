"""Processes, logs and what releases print, where apps run: the runtime's rows are made here."""

from functools import partial
from pathlib import Path

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from releases import waiting
from releases.actors import Actor
from releases.api import signed
from releases.formation import formation_of
from releases.models import App, Process, Release
from releases.operations.release_output import append_output
from releases.operations.settle_release import settle_release
from releases.operations.tokens import create_token
from tests.cli.conftest import heroku_at
from tests.cli.heroku import Heroku
from tests.factories import make_app, make_deploy, make_process, make_user
from tests.log_writing import add, process_log, requested, router_log, stamped
from tests.machine.processes import wait_until
from tests.releases.operations.background import in_the_background

pytestmark = [pytest.mark.machine, pytest.mark.django_db(transaction=True)]
SYSTEM = Actor.system()
PROCFILE = {"Procfile": "web: serve\nworker: work\nrelease: migrate\n"}


@pytest.fixture
def app(settings: Settings, log_folders: None) -> App:
    settings.ROLLBOOK_RUNTIME = True
    app = make_app("shop", owner=make_user("ada@example.com"))
    make_deploy(app, files=PROCFILE)
    app.refresh_from_db()
    return app


@pytest.fixture
def heroku(app: App, live_server: LiveServer, tmp_path: Path) -> Heroku:
    made = create_token(
        user=app.owner, name="laptop", scopes=["global"], actor=Actor.system()
    )
    return heroku_at(live_server.url, made.secret, tmp_path / "heroku")


@pytest.fixture
def pending(app: App, settings: Settings) -> Release:
    settings.RELEASES_SETTLE_AT_ONCE = False
    return make_deploy(app, files={**PROCFILE, "more": ""})


def test_processes_are_listed_scaled_restarted_and_stopped(
    heroku: Heroku, app: App
) -> None:
    make_process(app, "web", 1)
    once = make_process(app, "run", 1234)
    # The CLI puts those of one command together.
    once.command = "rake db:seed"
    once.save()

    listed, formation = heroku.together("ps --app shop", "ps:scale --app shop")
    scaled, one, all_, stopped = heroku.together(
        "ps:scale web=2 worker+1:host --app shop",
        "ps:restart --dyno-name web.1 --app shop",
        "ps:restart --app shop",
        "ps:stop --dyno-name run.1234 --app shop",
    )

    assert "=== run: one-off processes (1)" in listed.out
    assert "=== web (host): serve (1)" in listed.out
    assert "web.1: up" in listed.out
    assert formation.out == "release=0:host web=1:host worker=0:host\n"
    assert scaled.said == (
        "Scaling dynos... done, now running web at 2:host, worker at 1:host"
    )
    assert formation_of(app, app.current_release.slug) == {"web": 2, "worker": 1}
    assert one.said == "Restarting dyno web.1 on shop... done"
    assert all_.said == "Restarting all dynos on shop... done"
    assert Process.objects.get(process_type="web").restart_asked_at
    assert stopped.said == "Stopping dyno run.1234 on shop... done"
    assert Process.objects.get(process_type="run").state == "stopping"


def test_what_cannot_be_done_is_said_in_a_sentence(heroku: Heroku) -> None:
    scaled, size, stopped, attached = heroku.together(
        "ps:scale clock=1 --app shop",
        "ps:scale web=1:standard-2x --app shop",
        "ps:stop --dyno-name web.7 --app shop",
        "run ls --app shop",
    )

    assert "no process type 'clock' to scale; there are: web, worker." in scaled.said
    assert "There is no size 'standard-2x'" in size.said
    assert "shop runs no process web.7." in stopped.said
    assert "use `heroku run:detached`, or `manage.py run` on the host" in attached.said


def test_a_command_runs_detached(heroku: Heroku, app: App) -> None:
    done = heroku("run:detached rake db:seed --app shop")

    process = app.processes.get()
    assert done.code == 0, done.said
    assert process.command == "rake db:seed"
    assert f"heroku logs --app shop --dyno {process}" in done.out


def test_ps_wait_ends_when_all_run_the_newest_release(heroku: Heroku, app: App) -> None:
    make_process(app, "web", 1)
    waiting_for_a_way_back = make_process(app, "web", 1)
    waiting_for_a_way_back.release = app.releases.get(version=1)
    waiting_for_a_way_back.state = Process.State.IDLE
    waiting_for_a_way_back.idle_until = waiting_for_a_way_back.created_at
    waiting_for_a_way_back.save()

    assert heroku("ps:wait --app shop").code == 0


def test_logs_are_of_processes_requests_and_the_history(
    heroku: Heroku, app: App
) -> None:
    add(process_log(app, "web.1"), stamped("hello"), stamped("-- exited with 0"))
    add(process_log(app, "worker.1"), stamped("working"))
    add(router_log(app), requested("/cart"))

    everything, of_type, platform, few = heroku.together(
        "logs --app shop",
        "logs --process-type web --app shop",
        "logs --source heroku --dyno-name web.1 --app shop",
        "logs --num 1 --dyno-name worker.1 --app shop",
    )

    assert 'heroku[router]: at=info method=GET path="/cart"' in everything.out
    assert " app[api]: Deploy " in everything.out
    assert [line.partition(" ")[2] for line in of_type.out.splitlines()] == [
        "app[web.1]: hello",
        "heroku[web.1]: exited with 0",
    ]
    assert platform.out.endswith("heroku[web.1]: exited with 0\n")
    assert few.out.endswith("app[worker.1]: working\n")


def test_a_tail_goes_on(
    heroku: Heroku, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signed, "POLL", 0.02)
    log = process_log(app, "web.1")
    add(log, stamped("first"))

    with heroku.following("logs --tail --app shop") as until:
        until("app[web.1]: first")
        add(log, stamped("second", second=1))
        until("app[web.1]: second")


def test_the_output_of_a_release_phase_is_followed_to_its_end(
    heroku: Heroku, pending: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signed, "POLL", 0.02)
    append_output(release=pending, lines=["migrating"])

    with heroku.following("releases:output --app shop") as until:
        until("migrating\n")
        append_output(release=pending, lines=["migrating", "done"])
        settle_release(release=pending, succeeded=True, actor=SYSTEM)
        until("done\n")

    assert heroku("releases:output v3 --app shop").out == "migrating\ndone\n"


def test_config_that_is_set_meanwhile_waits(
    heroku: Heroku, app: App, pending: Release
) -> None:
    free = waiting.WAITING._value  # noqa: SLF001  # how many wait
    later = in_the_background(partial(heroku, "config:set SIZE=9 --app shop"))
    wait_until(lambda: waiting.WAITING._value < free)  # noqa: SLF001

    settle_release(release=pending, succeeded=True, actor=SYSTEM)

    done = later.result()
    assert done.said == "Setting SIZE and restarting shop... done, v4"
