import re

import pytest

from tests.cli.heroku import Heroku
from tests.cli.server import ADA, Server

pytestmark = pytest.mark.machine


def test_an_app_is_created_shown_renamed_and_destroyed(
    heroku: Heroku, server: Server
) -> None:
    created = heroku("apps:create storefront")
    info, listed = heroku.together("apps:info --app storefront", "apps")
    renamed = heroku("apps:rename storehouse --app storefront")
    destroyed = heroku("apps:destroy --app storehouse --confirm storehouse")

    assert (created.code, created.said) == (0, "Creating storefront... done")
    assert f"{server.url}/apps/storefront/" in created.out
    assert info.code == 0
    assert info.out.startswith("=== storefront\n")
    assert f"Owner: {ADA}" in " ".join(info.out.split())
    assert "storefront" in listed.out.split()
    assert (renamed.code, destroyed.code) == (0, 0)
    assert renamed.said.startswith("Renaming storefront to storehouse... done")
    assert "storehouse" not in str(server.call("GET", "/apps"))


def test_without_a_name_one_is_made_up(heroku: Heroku, server: Server) -> None:
    created = heroku("apps:create")

    made = re.search(r"done, (\S+)", created.said)
    assert made
    assert server.call("GET", f"/apps/{made[1]}")["owner"]["email"] == ADA


def test_maintenance_goes_on_and_off(heroku: Heroku, server: Server, app: str) -> None:
    on, during, off = (
        heroku(f"{command} --app {app}")
        for command in ("maintenance:on", "maintenance", "maintenance:off")
    )

    assert during.out == "on\n"
    assert not server.call("GET", f"/apps/{app}")["maintenance"]
    assert on.said == f"Enabling maintenance mode for {app}... done"
    assert off.said == f"Disabling maintenance mode for {app}... done"


def test_there_are_no_processes_and_ps_says_so(heroku: Heroku, app: str) -> None:
    listed, scaled, typed = heroku.together(
        f"ps --app {app}", f"ps:scale web=2 --app {app}", f"ps:scale --app {app}"
    )

    assert listed.code == 0
    assert "No dynos" in listed.out + listed.said
    assert scaled.code == 2
    assert "does not run them: it has no processes to start" in scaled.said
    assert "No process types" in typed.out + typed.said


def test_logs_are_the_apps_history(heroku: Heroku, app: str) -> None:
    logs = heroku(f"logs --app {app}")

    assert logs.code == 0
    assert "Set SIZE config vars" in logs.out
    assert "blue" not in logs.out


def test_what_there_is_none_of_is_empty(heroku: Heroku, app: str) -> None:
    addons, all_addons, domains, features, labs = heroku.together(
        f"addons --app {app}",
        "addons",
        f"domains --app {app}",
        f"features --app {app}",
        f"labs --app {app}",
    )

    assert [addons.code, all_addons.code, domains.code] == [0, 0, 0]
    assert [features.code, labs.code] == [0, 0]
    assert "No add-ons" in addons.out
    assert "No add-ons" in all_addons.out


def test_an_addon_is_listed_with_its_plan(
    heroku: Heroku, server: Server, app: str
) -> None:
    server.manage("addon", app, "--attach", "redis:mini", "--name", "cache", "URL=x")

    addons, info = heroku.together(f"addons --app {app}", f"apps:info --app {app}")

    assert "cache" in addons.out
    assert "redis:mini" in info.out


def test_what_is_not_here_is_not_found(heroku: Heroku, app: str) -> None:
    for done in heroku.together("pipelines", f"webhooks --app {app}"):
        assert done.code == 2
        assert "Error ID: not_found" in done.said
