"""bin/rollbook-heroku: what the CLI gets from it, and what it refuses."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.heroku import Heroku, program
from tests.cli.server import ADA, Server
from tests.machine.processes import ROOT

WRAPPER = str(ROOT / "bin" / "rollbook-heroku")


@pytest.fixture
def shell(tmp_path: Path) -> Mapping[str, str]:
    """A shell set up for Heroku itself, with a heroku that shows what it was given."""
    heroku = tmp_path / "bin" / "heroku"
    heroku.parent.mkdir()
    heroku.write_text('#!/bin/sh\nprintf "%s\\n" "$*"\nenv\n', encoding="utf-8")
    heroku.chmod(0o755)
    return {
        "PATH": f"{heroku.parent}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "HEROKU_API_KEY": "of-heroku-itself",
    }


def run(shell: Mapping[str, str], **more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [WRAPPER, "releases", "--app", "shop"],
        env={**shell, **more},
        capture_output=True,
        text=True,
        check=False,
    )


def given(shell: Mapping[str, str], **more: str) -> dict[str, str]:
    """Return the environment that the CLI was run in."""
    done = run(shell, **more)
    assert (done.returncode, done.stderr) == (0, "")
    command, *lines = done.stdout.splitlines()
    assert command == "releases --app shop"
    return dict(line.split("=", 1) for line in lines if "=" in line)


def test_on_the_same_machine_it_goes_by_the_servers_port(
    shell: Mapping[str, str],
) -> None:
    environment = given(shell, PORT="8123", ROLLBOOK_TOKEN="rbk_x")

    assert environment["HEROKU_HOST"] == "http://localhost:8123"


def test_it_switches_off_all_that_calls_home(shell: Mapping[str, str]) -> None:
    environment = given(shell, ROLLBOOK_TOKEN="rbk_x")

    assert environment["HEROKU_HOST"] == "http://localhost:8000"
    assert environment["HEROKU_PARTICLEBOARD_URL"] == "http://localhost:8000"
    assert environment["HEROKU_API_KEY"] == "rbk_x"
    assert environment["DISABLE_TELEMETRY"] == "true"
    assert environment["HEROKU_SKIP_ANALYTICS"] == "1"
    assert environment["HEROKU_DISABLE_AUTOUPDATE"] == "true"
    assert environment["HEROKU_SKIP_NEW_VERSION_CHECK"] == "true"
    assert environment["HEROKU_NETRC_WRITE"] == "true"


def test_a_token_comes_from_a_file_too(
    shell: Mapping[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("rbk_y\n", encoding="utf-8")

    environment = given(shell, ROLLBOOK_TOKEN_FILE=str(file))

    assert environment["HEROKU_API_KEY"] == "rbk_y"
    file.unlink()
    refused = run(shell, ROLLBOOK_TOKEN_FILE=str(file))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "cannot be read" in refused.stderr


def test_the_token_of_heroku_itself_is_never_passed_on(
    shell: Mapping[str, str],
) -> None:
    assert "HEROKU_API_KEY" not in given(shell)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123"),
        ("http://localhost:8123/", "http://localhost:8123"),
        ("https://localhost", "https://localhost"),
    ],
)
def test_the_cli_goes_where_the_address_says(
    shell: Mapping[str, str], url: str, host: str
) -> None:
    assert given(shell, ROLLBOOK_URL=url)["HEROKU_HOST"] == host


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://rollbook.example.com", "ssh -L 8000:localhost:8000 user@rollbook."),
        ("http://localhost.example.com", "ssh -L 8000:localhost:8000"),
        ("http://127.0.0.2:8000", "ssh -L 8000:localhost:8000"),
        ("http://LOCALHOST:8000", "ssh -L 8000:localhost:8000"),
        ("http://localhost:8000@example.com", "an address and a port"),
        ("http://localhost:8000/prefix", "no path"),
        ("localhost:8000", "must begin with http"),
    ],
)
def test_an_address_that_would_send_the_token_to_heroku_is_refused(
    shell: Mapping[str, str], url: str, sentence: str
) -> None:
    refused = run(shell, ROLLBOOK_URL=url, ROLLBOOK_TOKEN="rbk_x")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert sentence in refused.stderr
    assert "rbk_x" not in refused.stderr


def test_git_keeps_its_configuration_and_the_cli_writes_to_its_own(
    shell: Mapping[str, str], tmp_path: Path
) -> None:
    own = tmp_path / ".gitconfig"
    own.write_text("[user]\n\tname = Ada\n", encoding="utf-8")

    environment = given(shell)

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "config", "--global", *arguments],  # noqa: S607  # wherever it is
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    git("credential.https://localhost:8000.helper", "!heroku git:credentials")
    assert git("--includes", "user.name") == "Ada\n"
    assert own.read_text(encoding="utf-8") == "[user]\n\tname = Ada\n"


def test_without_the_cli_it_says_where_that_comes_from(tmp_path: Path) -> None:
    refused = run({"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)})

    assert refused.returncode == 1
    assert "npm install --global heroku" in refused.stderr


@pytest.mark.machine
def test_the_real_one_works_through_it(heroku: Heroku, server: Server) -> None:
    done = heroku.run(
        [WRAPPER, "apps"],
        PATH=f"{program().parent}:{os.environ['PATH']}",
        HEROKU_HOST="https://api.example.com",
        HEROKU_API_KEY="of-heroku-itself",
        ROLLBOOK_URL=server.url,
        ROLLBOOK_TOKEN=heroku.token,
    )

    assert done.code == 0, done.said
    assert ADA in done.out or "You have no apps" in done.out
