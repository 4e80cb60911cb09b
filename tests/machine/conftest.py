import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machine.processes import OtherDatabase, Up, up
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
def used_home() -> Iterator[Path]:
    """A home that has served before."""
    home = make_home()
    with up(home):
        pass
    yield home
    shutil.rmtree(home.parent)


@pytest.fixture
def other_database() -> Iterator[OtherDatabase]:
    """A database that DATABASE_URL can name."""
    home = make_home()
    with OtherDatabase(home) as database:
        yield database
    shutil.rmtree(home.parent)
