from pathlib import Path

import pytest

from tests.cli.curl import deploy
from tests.cli.heroku import Heroku
from tests.cli.server import ADA, Server

pytestmark = pytest.mark.machine


def test_releases_are_listed_and_shown(heroku: Heroku, app: str) -> None:
    listed, two, info, output = heroku.together(
        f"releases --app {app}",
        f"releases --num 2 --app {app}",
        f"releases:info v2 --app {app}",
        f"releases:output v2 --app {app}",
    )

    assert listed.rows[0] == [f"=== {app} Releases - Current: v4"]
    assert [row[:3] for row in listed.rows[3:]] == [
        ["v4", "Set SIZE config vars", ADA],
        ["v3", "Set COLOR config vars", ADA],
        ["v2", "Set COLOR config vars", ADA],
        ["v1", "Initial release", ADA],
    ]
    assert [row[0] for row in two.rows[3:]] == ["v4", "v3"]
    assert info.out.startswith("=== Release v2\n")
    assert "COLOR: red" in info.out
    assert "Rollback?: Yes" in info.out
    assert output.said == "Warning: Release v2 has no release output available."


def test_without_a_version_it_goes_to_the_second_and_twice_is_back(
    heroku: Heroku, server: Server, app: str
) -> None:
    back = heroku(f"rollback --app {app}")
    then = server.config(app)
    again = heroku(f"rollback --app {app}")

    assert back.said.startswith(f"Rolling back {app} to v3... done, v5")
    assert "To undo, run: heroku rollback v4" in back.said
    assert then == {"COLOR": "blue"}
    assert again.said.startswith(f"Rolling back {app} to v4... done, v6")
    assert server.config(app) == {"COLOR": "blue", "SIZE": "9"}


def test_with_a_version_it_goes_there(heroku: Heroku, server: Server, app: str) -> None:
    back = heroku(f"rollback v2 --app {app}")

    assert (back.code, server.newest(app)) == (0, 5)
    assert server.config(app) == {"COLOR": "red"}
    [made] = [
        release
        for release in server.call("GET", f"/apps/{app}/releases")
        if release["version"] == 5
    ]
    assert made["restores"]["version"] == 2
    assert (made["source"], made["token_name"]) == ("cli", "laptop")


def test_where_it_cannot_go_it_says_why(
    heroku: Heroku, server: Server, app: str
) -> None:
    unknown, current, words = heroku.together(
        f"rollback v99 --app {app}",
        f"rollback v4 --app {app}",
        f"rollback latest --app {app}",
    )

    assert [unknown.code, current.code, words.code] == [2, 2, 2]
    assert "Couldn't find that release." in unknown.said
    assert "Error ID: invalid_params" in current.said
    assert "Couldn't find that release." in words.said
    assert server.newest(app) == 4


def test_retry_deploys_the_code_again(
    heroku: Heroku, server: Server, app: str, slug: Path
) -> None:
    deploy(server, app, slug)

    retried = heroku(f"releases:retry --app {app}")

    assert retried.code == 0, retried.said
    assert server.newest(app) == 6
    assert server.call("GET", f"/apps/{app}")["slug_size"] == slug.stat().st_size


def test_config_is_set_read_and_unset(heroku: Heroku, server: Server, app: str) -> None:
    set_ = heroku(f"config:set COLOR=green 'MOTTO=to err is human' --app {app}")
    listed, got, as_json = heroku.together(
        f"config --app {app}",
        f"config:get MOTTO --app {app}",
        f"config --json --app {app}",
    )
    unset = heroku(f"config:unset MOTTO --app {app}")

    assert set_.said == f"Setting COLOR, MOTTO and restarting {app}... done, v5"
    assert listed.rows == [
        [f"=== {app} Config Vars"],
        ["COLOR: green"],
        ["MOTTO: to err is human"],
        ["SIZE:", "9"],
    ]
    assert got.out == "to err is human\n"
    assert '"COLOR": "green"' in as_json.out
    assert unset.said == f"Unsetting MOTTO and restarting {app}... done, v6"
    assert server.config(app) == {"COLOR": "green", "SIZE": "9"}


def test_config_that_changes_nothing_makes_no_release(
    heroku: Heroku, server: Server, app: str
) -> None:
    same, wrong = heroku.together(
        f"config:set SIZE=9 --app {app}", f"config:set BAD-KEY=1 SIZE=10 --app {app}"
    )

    assert same.said.endswith("done, v4")
    assert wrong.code == 2
    assert "BAD-KEY" in wrong.said
    assert server.newest(app) == 4
