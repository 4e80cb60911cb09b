import signal
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.cache import cache
from time_machine import Traveller, travel

from dashboard.postgres.server import running

# A script that starts the tests beside it has them, and all that they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.flushing", "tests.log_writing", "tests.spreading"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
) -> Iterator[None]:
    """Start a PostgreSQL that need not survive a crash, unless DATABASE_URL names one."""
    if settings.DATABASE_URL:
        yield
    else:
        with running(settings.ROLLBOOK_HOME, durable=False):
            yield


@pytest.fixture
def nobody_tried_before() -> Iterator[None]:
    """Forget afterwards who tried to get in: only so often is anybody let try."""
    yield
    cache.clear()


@pytest.fixture
def clock() -> Iterator[Traveller]:
    """A clock that stands still, so that a code is the same until a test moves it."""
    with travel("2030-01-01 12:00Z", tick=False) as clock:
        yield clock
