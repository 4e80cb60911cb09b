import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machine.processes import (
    PATIENCE,
    Elsewhere,
    OtherDatabase,
    Stopped,
    Up,
    family,
    processes,
    refusal,
    up,
)
from tests.throwaway import make_home


@pytest.fixture
def home() -> Iterator[Path]:
    made = make_home()
    yield made
    shutil.rmtree(made.parent)


@pytest.fixture(scope="session")
def served() -> Iterator[Up]:
    """A bin/up at its first start, for tests that leave it running."""
    home = make_home()
    with up(home) as running:
        yield running
    shutil.rmtree(home.parent)


@pytest.fixture(scope="session")
def stopped() -> Iterator[Stopped]:
    """What a bin/up that was told to stop leaves behind."""
    home = make_home()
    with up(home) as running:
        started = family(running.process.pid)
        running.process.terminate()
        code = running.process.wait(PATIENCE)
        left = started.intersection(processes())
    log = (home / "postgres" / "log").read_text(encoding="utf-8")
    yield Stopped(home, code, left, log)
    shutil.rmtree(home.parent)


@pytest.fixture
def used_home(stopped: Stopped) -> Path:
    """A home that has served before."""
    return stopped.home


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[Elsewhere]:
    """A bin/up on another's database, with an account that was given."""
    home, database_home = make_home(), make_home()
    with OtherDatabase(database_home) as database:
        settings = {
            "DATABASE_URL": database.url,
            "ROLLBOOK_ADMIN_EMAIL": "grace@example.com",
        }
        weak = {"ROLLBOOK_ADMIN_PASSWORD": "password"}
        refused = refusal(home, settings=settings | weak)
        strong = {"ROLLBOOK_ADMIN_PASSWORD": "correct horse battery staple"}
        with up(home, settings=settings | strong) as running:
            yield Elsewhere(running, database, refused)
    shutil.rmtree(home.parent)
    shutil.rmtree(database_home.parent)
