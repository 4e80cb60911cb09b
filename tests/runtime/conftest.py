import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.machine.processes import free_port, up
from tests.runtime.routers import RunningCaddy, running_caddy
from tests.runtime.stage import AppOnStage, Stage
from tests.runtime.supervised import Supervised, supervised
from tests.throwaway import make_home

# Shorter than anybody would wait for a test.
SETTINGS = {
    "ROLLBOOK_RUNTIME": "true",
    "ROLLBOOK_READY_WITHIN": "5",
    "ROLLBOOK_DRAIN_FOR": "3",
    "ROLLBOOK_RELEASE_PHASE_LASTS": "3",
}


@contextmanager
def staged(**settings: str) -> Iterator[Stage]:
    home, port = make_home(), free_port()
    given = {**SETTINGS, "ROUTER_PORT": str(port), **settings}
    with up(home, settings=given) as running:
        yield Stage(running, port, given)
    shutil.rmtree(home.parent)


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """A Rollbook that runs apps, for tests that leave it running."""
    with staged() as made:
        yield made


@pytest.fixture
def app(stage: Stage) -> AppOnStage:
    return stage.app()


@pytest.fixture(scope="session")
def caddy() -> Iterator[RunningCaddy]:
    """A Caddy without the rest of Rollbook, for tests that each have apps of their own."""
    with running_caddy() as running:
        yield running


@pytest.fixture
def router_home(settings: Settings) -> Iterator[Path]:
    """A home of its own for a Caddy that is not the one of all tests."""
    home = make_home()
    settings.ROUTER_FOLDER = home / "router"
    yield home
    shutil.rmtree(home.parent)


@pytest.fixture(scope="session")
def run() -> Iterator[Supervised]:
    """Supervisord and what it runs, without the rest of Rollbook."""
    with supervised() as made:
        yield made
