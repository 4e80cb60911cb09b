"""Lets tests that commit be cleaned up, though the ledger forbids TRUNCATE.

Django empties the tables after such a test; here that goes around the triggers, once,
and the row that stands for the system comes back, as the migrations made it.
"""

from collections.abc import Iterator

import pgtrigger
import pytest
from django.db.backends.postgresql.operations import DatabaseOperations

from releases.models import SYSTEM_EMAIL, SYSTEM_ID, User


@pytest.fixture(autouse=True, scope="session")
def flush_goes_around_the_triggers() -> Iterator[None]:
    flush = DatabaseOperations.execute_sql_flush

    def flush_around(self: DatabaseOperations, sql_list: list[str]) -> None:
        with pgtrigger.ignore():
            flush(self, sql_list)
        User.objects.create(
            id=SYSTEM_ID, email=SYSTEM_EMAIL, password="!", is_active=False
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", flush_around)
        yield
