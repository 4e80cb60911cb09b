"""Back in a moment: by processes that wait, or started anew; once, and by itself."""

import pytest

from tests.runtime.code import serving
from tests.runtime.stage import AppOnStage

pytestmark = pytest.mark.machine


def plan(app: AppOnStage, version: int) -> str:
    found = app.api("GET", f"/releases/{version}/plan").json
    return str(found["goes_live"]["way"])


def test_the_way_back_is_warm_and_so_is_the_way_forth(app: AppOnStage) -> None:
    first, second = app.deploy(serving("one")), app.deploy(serving("two"))
    idle = app.one_waits()

    assert plan(app, first) == "warm"
    app.roll_back(first)

    app.answers("one")
    assert {each["id"] for each in app.api("GET", "/dynos").json} == idle
    app.roll_back(second)
    app.answers("two")


def test_what_does_not_wait_is_started_anew(app: AppOnStage) -> None:
    first = app.deploy(serving("one"))
    app.deploy(serving("two"))
    app.deploy(serving("three"))
    app.one_waits()

    assert plan(app, first) == "cold"
    app.roll_back(first)

    app.answers("one")


def test_other_config_than_what_waits_is_started_anew(app: AppOnStage) -> None:
    first = app.deploy(serving("one"))
    app.config(COLOR="red")
    app.api("PUT", "/kept-keys/COLOR")

    app.deploy(serving("two"))
    app.config(COLOR="blue")
    back = app.roll_back(first)

    app.answers("one blue")
    assert app.info(back)["status"] == "succeeded"


def test_a_rollback_takes_the_place_of_a_deploy_that_is_not_live_yet(
    app: AppOnStage,
) -> None:
    first = app.deploy(serving("one"))
    app.deploy(serving("two"))
    stuck = app.release(serving("three", procfile="web: sleep 600\n"))

    app.roll_back(first)

    assert "Superseded by a rollback" in app.failed(stuck)
    app.answers("one")
    app.when(app.processes, lambda found: "starting" not in found.values())


def test_a_deploy_waits_while_another_is_on_its_way(app: AppOnStage) -> None:
    app.deploy(serving("one"))
    app.config(STARTS_AFTER="1")
    slug = app.slug(serving("two"))

    app.release(serving("three"))
    later = app.api("POST", "/releases", {"slug": slug})

    assert later.status == 201, later.body
    app.live(later.json["version"])
    app.answers("two")


def test_a_release_whose_processes_crash_is_taken_back_by_itself(
    app: AppOnStage,
) -> None:
    app.stage.manage("run_settings", app.name, "--automatic-rollback", "on")
    app.deploy(serving("one"))
    crashing = "web: (sleep 1; kill $$) & exec python3 serve.py\n"

    bad = app.deploy(serving("two", procfile=crashing))

    release = app.when(app.newest, lambda newest: newest["kind"] == "rollback")
    app.live(release["version"])
    app.answers("one")
    assert release["user"]["email"] == "system@rollbook.invalid"
    assert "crashed" in release["reason"]
    assert app.info(bad)["bad"]


def test_a_release_that_answers_with_errors_is_taken_back_by_itself(
    app: AppOnStage,
) -> None:
    app.stage.manage("run_settings", app.name, "--automatic-rollback", "on")
    app.deploy(serving("one"))
    for _ in range(60):
        assert app.get().status == 200

    bad = app.config(STATUS="500")
    for _ in range(80):
        app.get()

    release = app.when(app.newest, lambda newest: newest["version"] > bad)
    app.live(release["version"])
    app.answers("one")
    assert "requests" in release["reason"]


def test_nothing_is_taken_back_by_itself_over_migrations(app: AppOnStage) -> None:
    app.stage.manage("run_settings", app.name, "--automatic-rollback", "on")
    app.deploy(serving("one"))
    crashing = "web: (sleep 3; kill $$) & exec python3 serve.py\n"
    migration = {"shop/migrations/0002_prices.py": "# a table of prices"}

    bad = app.deploy(serving("two", procfile=crashing) | migration)

    told = f"{app.name} fails and is not taken back by itself: "
    app.when(app.stage.up.said, lambda log: f"v{bad} of {told}" in log)
    assert "migrations" in app.stage.up.said().split(told)[1].splitlines()[0]
    assert app.newest()["version"] == bad


def test_nothing_is_taken_back_by_itself_unless_asked(app: AppOnStage) -> None:
    app.deploy(serving("one"))
    bad = app.config(STATUS="500")
    for _ in range(80):
        app.get()

    app.stage.manage("run_settings", app.name)

    assert app.newest()["version"] == bad
