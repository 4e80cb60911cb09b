"""Telling the story, once, where there is nothing yet."""

import logging
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dashboard.demo.clock import at
from dashboard.demo.days import Days
from dashboard.demo.further_apps import FURTHER_APPS
from dashboard.demo.load_tester import LoadTester
from dashboard.demo.people import introduced, make_people
from dashboard.demo.story import settling, tell
from dashboard.machine.notes import leave
from releases.models import App, Blob
from releases.slugs.storage import delete_blob

STORIES = (LoadTester, *FURTHER_APPS)


def fill_in() -> None:
    """Tell the story if there are no apps, and never were: all of it, or nothing.

    One transaction holds it, so that a start that is killed leaves an empty database,
    and the next one tells it from the beginning.
    """
    folder = settings.FILE_UPLOAD_TEMP_DIR / "demo"
    _remove_left_overs(folder)
    if App.objects.exists():
        sys.stdout.write("There are apps already, so the demo adds nothing.\n")
        return
    sys.stdout.write(f"Filling in the demo: {len(STORIES)} apps, in a few seconds.\n")
    sys.stdout.flush()
    days = Days(timezone.now())
    with _without_a_log(), settling(at_once=True), transaction.atomic():
        password = secrets.token_urlsafe(12)
        with at(days.ago(15, "08:30")):
            people = make_people(password)
        tell(story(people, days, folder).told() for story in STORIES)
        # Within the transaction: after it, a crash would lose the password.
        leave(settings.DEMO_NOTE, introduced(people, password))
    shutil.rmtree(folder)


def _remove_left_overs(folder: Path) -> None:
    """Remove what a killed start left: repositories, and stored bytes that no row tells."""
    stored = folder / "stored"
    for sha256 in stored.read_text().split() if stored.exists() else []:
        if not Blob.objects.filter(pk=sha256).exists():
            delete_blob(sha256)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _without_a_log() -> Iterator[None]:
    """Keep the log of what really happens free of what is told."""
    logger = logging.getLogger("releases")
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)
