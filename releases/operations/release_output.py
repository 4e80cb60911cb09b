from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from releases.models import Release, ReleaseOutput

LINE_LIMIT = 10_000
CUT_OFF = "More was printed than is kept here: the rest is in the log of the app."


@transaction.atomic
def append_output(*, release: Release, lines: Sequence[str]) -> None:
    """Keep what a pending release has printed: all of it so far, of which some is kept.

    Told again it adds only what is new. Of more than RELEASE_OUTPUT_LINES the rest is
    left away, and that is said. Output of a release that has settled stays as it is.
    """
    locked = Release.objects.select_for_update().get(pk=release.pk)
    if locked.status != Release.Status.PENDING:
        return
    kept = locked.output.count()
    if len(lines) <= settings.RELEASE_OUTPUT_LINES:
        add_lines(locked, lines[kept:], after=kept, at=timezone.now())
    elif not locked.output.filter(text=CUT_OFF).exists():
        # Which of these are the first is not known any more.
        add_lines(locked, [CUT_OFF], after=kept, at=timezone.now())


def add_lines(
    release: Release, lines: Sequence[str], *, after: int, at: datetime
) -> None:
    """Add lines to the output of a locked release, which has so many."""
    ReleaseOutput.objects.bulk_create(
        ReleaseOutput(
            release=release,
            position=position,
            text=line.replace("\0", "\ufffd")[:LINE_LIMIT],
            created_at=at,
        )
        for position, line in enumerate(lines, start=after + 1)
    )
