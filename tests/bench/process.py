"""Making a process one in which Django works; imports nothing that needs it to."""

import logging
import os
import signal

import django
from django.conf import settings


def set_up_django() -> None:
    """Set Django up, with what operations log in a file of the home."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench.settings")
    django.setup()
    log = (settings.ROLLBOOK_HOME / "log").open("a", encoding="utf-8")
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(log)


def die_quietly() -> None:
    """End at Ctrl-C without a word: the process that started this one says what is up."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
