from collections.abc import Iterator

import pytest
from django.conf import settings

from dashboard.postgres.server import running

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
