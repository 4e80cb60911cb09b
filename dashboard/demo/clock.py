"""The clock of the story, which the demo alone may turn."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import Self
from unittest.mock import patch

from django.utils import timezone


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let `django.utils.timezone.now` answer `moment` while the block runs.

    Operations stamp what they write with the time it is, and nobody can tell them
    another. Only the demo may turn the clock itself: what it tells is invented, its
    times with it, in a process that does nothing else, on a database that has no app.
    The chain covers the times as they were written, so it verifies, and what anyone
    changes later shows as it does everywhere.

    What is replaced is the class that `now` asks: models hold `now` itself as a default.
    """

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(moment.timestamp(), tz)

    with patch.object(timezone, "datetime", Stopped):
        yield
