"""bin/up with real processes, each killed in turn."""

import os
import re
import signal
from http.cookiejar import CookieJar
from pathlib import Path
from socket import create_server
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from tests.machine.processes import (
    Elsewhere,
    Stopped,
    Up,
    family,
    gone,
    manage,
    refusal,
    up,
    wait_until,
)

pytestmark = pytest.mark.machine


def test_the_first_start_makes_an_account_that_can_sign_in(served: Up) -> None:
    site = f"http://127.0.0.1:{served.port}"
    account = re.search(r"e-mail +(\S+)\n +password +(\S+)\n", served.said())
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    form = browser.open(f"{site}/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    assert account
    assert token
    fields = {"login": account[1], "password": account[2]}
    fields["csrfmiddlewaretoken"] = token[1]

    page = browser.open(
        f"{site}/account/login/?next=/admin/", urlencode(fields).encode()
    )

    assert page.url == f"{site}/admin/"
    assert f"ready at http://localhost:{served.port}\n" in served.said()


def test_what_it_made_is_for_its_user_alone(served: Up, used_home: Path) -> None:
    modes = {
        path.relative_to(used_home).as_posix(): oct(path.stat().st_mode & 0o777)
        for path in (used_home, *used_home.glob("keys/**/*"), used_home / "up.lock")
    }

    assert modes == {
        ".": "0o700",
        "keys/secret.key": "0o600",
        "keys/master.key": "0o600",
        "up.lock": "0o600",
    }


def test_a_killed_worker_is_replaced(served: Up) -> None:
    worker = served.worker

    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: gone({worker}))

    assert served.get("/healthz") == (200, "ok\n")


def test_a_second_one_in_the_same_home_is_refused(served: Up) -> None:
    said = refusal(served.home)

    assert said.startswith(f"Another bin/up (process {served.process.pid}) serves")
    assert said.count("\n") == 1
    assert served.get("/healthz") == (200, "ok\n")


def test_a_command_uses_the_running_database(served: Up) -> None:
    postmaster = served.postmaster

    done = manage(served.home, "showmigrations", "releases")

    assert done.returncode == 0
    assert served.postmaster == postmaster
    assert served.get("/healthz") == (200, "ok\n")


def test_sigterm_ends_all_of_it_and_the_database_properly(stopped: Stopped) -> None:
    assert stopped.code == 0
    assert stopped.left == set()
    assert "database system is shut down" in stopped.database_log


def test_ctrl_c_in_a_terminal_stops_it_as_cleanly(used_home: Path) -> None:
    with up(used_home) as running:
        started = family(running.process.pid)
        # A terminal tells the whole group, and people press it twice.
        os.killpg(running.process.pid, signal.SIGINT)
        os.killpg(running.process.pid, signal.SIGINT)

        assert running.process.wait(30) == 0
        assert gone(started)

    assert "Traceback" not in running.said()
    # The account was shown at the first start.
    assert "password" not in running.said()


def test_nothing_survives_its_killing(used_home: Path) -> None:
    with up(used_home) as running:
        killed = family(running.process.pid)
        os.kill(running.process.pid, signal.SIGKILL)
        running.process.wait(30)
        # At once, as a service manager would.
        with up(used_home) as again:
            assert gone(killed)
            assert again.get("/healthz") == (200, "ok\n")


@pytest.mark.parametrize(
    ("part", "name"), [("web_server", "web server"), ("postmaster", "database")]
)
def test_a_part_that_is_killed_is_started_again(
    used_home: Path, part: str, name: str
) -> None:
    with up(used_home) as running:
        killed = family(getattr(running, part))

        os.kill(getattr(running, part), signal.SIGKILL)

        wait_until(lambda: gone(killed))
        wait_until(lambda: running.get("/healthz") == (200, "ok\n"))
        assert f"The {name} ended unexpectedly" in running.said()


def test_the_first_account_can_be_given(elsewhere: Elsewhere) -> None:
    said = elsewhere.up.said()

    assert "grace@example.com" in said
    assert "correct horse" not in said


def test_an_account_that_cannot_be_is_refused_in_a_sentence(
    elsewhere: Elsewhere,
) -> None:
    assert "This password is too common." in elsewhere.refused
    assert "Traceback" not in elsewhere.refused


def test_health_follows_the_database_and_connections_come_back(
    elsewhere: Elsewhere,
) -> None:
    running = elsewhere.up

    with elsewhere.database.away():
        assert running.get("/healthz") == (503, "The database does not answer.\n")
        status, page = running.get("/", Cookie="sessionid=of-somebody")
        assert status == 503
        assert "The database does not answer" in page
    assert running.get("/healthz") == (200, "ok\n")
    assert not (running.home / "postgres").exists()


def test_a_port_that_is_taken_is_refused_before_anything_starts(home: Path) -> None:
    with create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = refusal(home, settings={"PORT": str(port)})

    assert said.startswith(f"Port {port} on 127.0.0.1 is taken:")
    assert not (home / "postgres" / "data").exists()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"HOST": "192.0.2.7"}, "HOST=192.0.2.7 would serve plain http to others"),
        (
            {"HOST": "192.0.2.7", "ROLLBOOK_URL": "https://rollbook.example"},
            "Cannot listen on port",
        ),
        (
            {"HOST": "nowhere.invalid", "ROLLBOOK_URL": "https://rollbook.example"},
            "HOST=nowhere.invalid is not an address",
        ),
        ({"PORT": "http"}, "PORT must be a port number"),
        (
            {"DATABASE_URL": "postgresql://localhost:1/x"},
            "The database does not answer",
        ),
    ],
)
def test_what_cannot_be_served_is_refused_in_a_sentence(
    home: Path, settings: dict[str, str], sentence: str
) -> None:
    said = refusal(home, settings=settings)

    assert sentence in said
    assert "Traceback" not in said


def test_an_unknown_option_is_refused(home: Path) -> None:
    assert "unrecognized arguments: --faster" in refusal(home, "--faster")
