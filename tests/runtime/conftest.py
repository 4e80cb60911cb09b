import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.runtime.routers import RunningCaddy, running_caddy
from tests.runtime.stage import AppOnStage, Stage, staged
from tests.runtime.supervised import Supervised, supervised
from tests.throwaway import make_home


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
