"""Formation and dynos: what runs, how many of it, and what is asked of them."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from releases.formation import formation_of
from releases.models import App, Process
from tests.factories import make_app, make_deploy, make_process
from tests.releases.api.clients import Api, follows_schema, is_error

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("apps_run_here")]
FORMATION, DYNOS = "/apps/shop/formation", "/apps/shop/dynos"
PROCFILE = {"Procfile": "web: serve\nworker: work\nrelease: migrate\n"}


@pytest.fixture(autouse=True)
def workers(app: App) -> None:
    make_deploy(app, files=PROCFILE)
    app.refresh_from_db()


def formation(app: App) -> dict[str, int]:
    return formation_of(app, app.current_release.slug)


def idle(process: Process) -> Process:
    process.state, process.idle_until = Process.State.IDLE, timezone.now()
    process.save()
    return process


def test_the_formation_says_how_many_of_each_type_should_run(api: Api) -> None:
    answered = api.get(FORMATION)

    assert follows_schema("formation", *answered.json)
    assert [(each["type"], each["quantity"]) for each in answered.json] == [
        ("release", 0),
        ("web", 1),
        ("worker", 0),
    ]
    assert {each["size"] for each in answered.json} == {"host"}
    [_, web, _] = answered.json
    assert api.get(f"{FORMATION}/web").json == web
    assert api.get(f"{FORMATION}/{web['id']}").json == web
    assert is_error(api.get(f"{FORMATION}/clock"), 404, "not_found")


def test_many_types_are_scaled_at_once_by_numbers_and_steps(api: Api, app: App) -> None:
    worker = api.get(f"{FORMATION}/worker").json["id"]
    updates = [
        {"type": "web", "quantity": "+2", "size": "Host"},
        {"type": worker, "quantity": 2, "dyno_size": {"name": "host"}},
    ]

    answered = api.patch(FORMATION, {"updates": updates})

    assert follows_schema("formation", *answered.json)
    assert [each["quantity"] for each in answered.json] == [0, 3, 2]
    assert formation(app) == {"web": 3, "worker": 2}
    assert app.releases.count() == 6


@pytest.mark.parametrize(
    ("change", "quantity"),
    [
        ({"quantity": "3"}, 3),
        ({"quantity": 0}, 0),
        ({"quantity": "-1"}, 0),
        ({"quantity": "+1", "size": "host"}, 2),
        ({"size": "HOST"}, 1),
        ({"dyno_size": "host"}, 1),
        ({"dyno_size": {"id": None}}, 1),
        ({}, 1),
    ],
)
def test_one_type_is_scaled(
    api: Api, app: App, change: dict[str, object], quantity: int
) -> None:
    answered = api.patch(f"{FORMATION}/web", change)

    assert answered.status == 200
    assert answered.json["quantity"] == quantity
    assert formation(app)["web"] == quantity


@pytest.mark.parametrize(
    ("path", "body", "status", "sentence"),
    [
        ("", {}, 422, "updates is required."),
        ("", {"updates": [{"quantity": 1}]}, 422, "updates.type is required."),
        (
            "",
            {"updates": [{"type": "clock", "quantity": 1}]},
            404,
            "no process type 'clock' to scale; there are: web, worker.",
        ),
        ("", {"updates": [{"type": "release", "quantity": 1}]}, 404, "to scale"),
        (
            "",
            {"updates": [{"type": "web", "quantity": n} for n in (1, 2)]},
            422,
            "named once",
        ),
        ("/clock", {"quantity": 1}, 404, "no process type"),
        ("/web", {"quantity": "101"}, 422, "From 0 to 100"),
        ("/web", {"quantity": "two"}, 422, "is none"),
        ("/web", {"quantity": -1}, 422, "quantity"),
        ("/web", {"quantity": True}, 422, "quantity"),
        ("/web", {"quantity": 2, "size": "Standard-2X"}, 422, "no size 'Standard-2X'"),
        ("/web", {"quantity": 2, "dyno_size": {"name": "eco"}}, 422, "no size 'eco'"),
    ],
)
def test_what_cannot_be_scaled_is_refused_with_a_sentence(
    api: Api, app: App, path: str, body: object, status: int, sentence: str
) -> None:
    answered = api.patch(f"{FORMATION}{path}", body)

    assert is_error(
        answered, status, "not_found" if status == 404 else "invalid_params"
    )
    assert sentence in answered.json["message"]
    assert formation(app) == {"web": 1, "worker": 0}


def test_processes_are_listed_in_herokus_words(api: Api, app: App) -> None:
    make_process(app, "worker", 1)
    web = make_process(app, "web", 1)
    leaving = make_process(app, "web", 2)
    leaving.state = Process.State.STOPPING
    leaving.save()
    idle(make_process(app, "web", 1))

    listed = api.get(DYNOS).json

    assert follows_schema("dyno", *listed)
    # One that only waits for a way back is none that the CLI should wait for.
    assert [(each["name"], each["state"]) for each in listed] == [
        ("web.1", "up"),
        ("web.2", "down"),
        ("worker.1", "up"),
    ]
    assert listed[0]["release"] == {"id": str(app.current_release_id), "version": 6}
    assert (listed[0]["type"], listed[0]["command"]) == ("web", "serve")
    assert api.get(f"{DYNOS}/web.1").json == listed[0]
    assert api.get(f"{DYNOS}/{web.pk}").json == listed[0]


def test_of_two_of_a_name_the_one_that_comes_is_shown(api: Api, app: App) -> None:
    older = make_process(app, "web", 1)
    older.created_at -= timedelta(minutes=1)
    older.save()
    newer = make_process(app, "web", 1)

    assert api.get(f"{DYNOS}/web.1").json["id"] == str(newer.pk)


@pytest.mark.parametrize("name", ["web.1", "web", "%20", str(uuid.UUID(int=7))])
def test_what_does_not_run_is_not_there(api: Api, name: str) -> None:
    make_process(make_app("store"), "web", 1)

    assert is_error(api.get(f"{DYNOS}/{name}"), 404, "not_found")
    assert is_error(api.delete(f"{DYNOS}/{name}"), 404, "not_found")
    assert is_error(api.post(f"{DYNOS}/{name}/actions/stop"), 404, "not_found")


@pytest.mark.parametrize(
    ("path", "restarted"),
    [
        ("dynos", ["web.1", "web.2", "worker.1"]),
        ("dynos/web.2", ["web.2"]),
        ("dynos/ID", ["web.2"]),
        ("formations/web", ["web.1", "web.2"]),
    ],
)
def test_processes_are_restarted(
    api: Api, app: App, path: str, restarted: list[str]
) -> None:
    made = [make_process(app, *which) for which in [("web", 1), ("web", 2)]]
    make_process(app, "worker", 1)

    answered = api.delete(f"/apps/shop/{path.replace('ID', str(made[1].pk))}")

    assert (answered.status, answered.json) == (202, {})
    asked = Process.objects.exclude(restart_asked_at=None)
    assert sorted(map(str, asked)) == restarted


def test_restarting_all_of_none_is_fine(api: Api) -> None:
    assert api.delete(DYNOS).status == 202


@pytest.mark.parametrize("path", ["dynos/run.1234", "formations/run"])
def test_what_runs_once_is_stopped(api: Api, app: App, path: str) -> None:
    process = make_process(app, "run", 1234)

    answered = api.post(f"/apps/shop/{path}/actions/stop")

    assert (answered.status, answered.json) == (202, {})
    process.refresh_from_db()
    assert process.state == Process.State.STOPPING
    assert api.get(f"{DYNOS}/run.1234").json["state"] == "down"


def test_a_command_runs_once_and_detached(api: Api, app: App) -> None:
    answered = api.post(
        DYNOS,
        {
            "attach": False,
            "command": "rake db:seed",
            "env": {"TERM": "xterm", "COLUMNS": 80},
            "force_no_tty": None,
        },
    )

    assert answered.status == 201
    assert follows_schema("dyno", answered.json)
    assert answered.json["name"].startswith("run.")
    assert (answered.json["state"], answered.json["command"]) == (
        "starting",
        "rake db:seed",
    )
    assert api.get(DYNOS).json == [answered.json]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"attach": True}, "use `heroku run:detached`, or `manage.py run` on the host"),
        ({"env": {"DEBUG": "1"}}, "no others"),
        ({"type": "worker"}, "runs as 'run'"),
        ({"time_to_live": 60}, "as long as it takes"),
        ({"size": "standard-1x"}, "no size"),
        ({"command": " "}, "A command is needed."),
        ({"command": None}, "command"),
    ],
)
def test_what_no_command_gets_is_refused(
    api: Api, app: App, more: dict[str, object], sentence: str
) -> None:
    answered = api.post(DYNOS, {"command": "ls", **more})

    assert is_error(answered, 422, "invalid_params")
    assert sentence in answered.json["message"]
    assert not app.processes.exists()


def test_where_apps_do_not_run_there_is_nothing_to_scale_or_restart(
    api: Api, app: App, settings: Settings
) -> None:
    settings.ROLLBOOK_RUNTIME = False

    refused = [
        api.patch(FORMATION, {"updates": []}),
        api.patch(f"{FORMATION}/web", {"quantity": 2}),
        api.post(DYNOS, {"command": "ls"}),
        api.delete(DYNOS),
        api.delete(f"{DYNOS}/web.1"),
        api.post(f"{DYNOS}/web.1/actions/stop"),
        api.delete("/apps/shop/formations/web"),
        api.post("/apps/shop/formations/web/actions/stop"),
    ]

    assert all(is_error(each, 422, "invalid_params") for each in refused)
    assert {each.json["code"] for each in refused} == {"not_run_here"}
    assert "does not run them" in refused[0].json["message"]
    assert {each["quantity"] for each in api.get(FORMATION).json} == {0}
    assert formation(app) == {"web": 1, "worker": 0}
