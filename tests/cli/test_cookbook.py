"""The Cookbook's story, line by line: a deploy that went wrong, and the way back."""

from pathlib import Path

import pytest

from tests.cli.curl import deploy
from tests.cli.heroku import Heroku
from tests.cli.server import ADA, Server

pytestmark = pytest.mark.machine


def test_a_bad_change_is_rolled_back_with_its_config(
    heroku: Heroku, server: Server, slug: Path
) -> None:
    def line(text: str) -> str:
        """Type a line, and return all that the terminal shows."""
        done = heroku(text.removeprefix("$ heroku "))
        assert done.code == 0, done.said
        return f"{done.out}{done.said}"

    assert "Creating load-tester... done" in line("$ heroku create load-tester")

    # The first deploy.
    assert deploy(server, "load-tester", slug, commit="9218c1c")["version"] == 2

    # A change of config, and then one of code.
    assert "done, v3" in line("$ heroku config:set WORKERS=4 --app load-tester")
    assert deploy(server, "load-tester", slug, commit="41fa6b0")["version"] == 4

    # What happened?
    told = line("$ heroku releases --app load-tester")
    assert "load-tester Releases - Current: v4" in told
    assert [row.split()[0] for row in told.splitlines()[4:8]] == [
        "v4",
        "v3",
        "v2",
        "v1",
    ]
    assert "Deploy 41fa6b0" in told
    assert "Set WORKERS config vars" in told
    assert "Deploy 9218c1c" in told

    # What was in v3?
    told = line("$ heroku releases:info v3 --app load-tester")
    assert "Set WORKERS config vars" in told
    assert ADA in told
    assert "WORKERS: 4" in told

    # Back to what worked.
    told = line("$ heroku rollback v2 --app load-tester")
    assert "Rolling back load-tester to v2... done, v5" in told
    assert "To undo, run: heroku rollback v4" in told

    # The config is back too: WORKERS was not there in v2.
    assert "WORKERS" not in line("$ heroku config --app load-tester")

    # And everybody sees who did it.
    told = line("$ heroku releases --app load-tester")
    [newest] = [row for row in told.splitlines() if row.strip().startswith("v5")]
    assert "Rollback to v2" in newest
    assert ADA in newest
