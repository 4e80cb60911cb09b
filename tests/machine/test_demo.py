"""bin/up --demo with real processes, killed as it fills in its story."""

import os
import re
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.machine.processes import (
    family,
    gone,
    manage,
    refusal,
    up,
    wait_until,
)
from tests.throwaway import make_home

pytestmark = pytest.mark.machine


@dataclass
class Demo:
    """A home whose first start with --demo was killed; the second one went well."""

    home: Path
    killed: str
    said: str


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    home = make_home()
    written = home / "uploads" / "demo" / "stored"
    with up(home, "--demo", ready=False) as first:
        wait_until(lambda: written.exists() and written.read_text().count("\n") > 3)
        started = family(first.process.pid)
        os.kill(first.process.pid, signal.SIGKILL)
        wait_until(lambda: gone(started))
        killed = first.said()
    with up(home, "--demo") as second:
        said = second.said()
    yield Demo(home, killed, said)
    shutil.rmtree(home.parent)


def test_what_was_killed_is_told_from_the_beginning(demo: Demo) -> None:
    assert demo.killed.startswith("Filling in the demo: 7 apps")
    assert demo.said.startswith("Filling in the demo: 7 apps")
    verified = manage(demo.home, "verify_ledger").stdout
    assert verified.startswith("Verified 7 apps,")
    stored = list((demo.home / "slugs").glob("*/*"))
    assert f" and {len(stored)} stored slugs" in verified
    assert list((demo.home / "uploads").iterdir()) == []


def test_it_shows_both_passwords_and_logs_nothing_else(demo: Demo) -> None:
    assert re.search(r"e-mail +admin@localhost\n +password +\S+\n", demo.said)
    assert re.search(r"password of them all, shown this once, is \S+\n", demo.said)
    assert " INFO " not in demo.said
    assert "Traceback" not in demo.said


def test_the_next_start_adds_nothing_and_shows_no_password(demo: Demo) -> None:
    before = manage(demo.home, "activity", "load-tester", "--json").stdout

    with up(demo.home, "--demo") as again:
        said = again.said()

    assert said.startswith("There are apps already, so the demo adds nothing.\n")
    assert "password" not in said
    assert manage(demo.home, "activity", "load-tester", "--json").stdout == before


def test_without_git_it_is_refused_before_anything_starts(home: Path) -> None:
    said = refusal(home, "--demo", settings={"PATH": "/nonexistent"})

    assert said.startswith("--demo deploys from git repositories, and git is not")
    assert said.count("\n") == 1
    assert not (home / "postgres" / "data").exists()
