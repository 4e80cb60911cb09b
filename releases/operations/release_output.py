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

    Told again it adds only what is new. Of more than RELEASE_OUTPUT_LINES, or if what
    follows is not known any more, the rest is left away, and that is said. Output of a
    release that has settled stays as it is.
    """
    locked = Release.objects.select_for_update().get(pk=release.pk)
    last = locked.output.order_by("-position").first()
    if locked.status != Release.Status.PENDING or (last and last.text == CUT_OFF):
        return
    kept = last.position if last else 0
    # Of much that was printed only the end is told, which need not follow what is kept.
    goes_on = last is None or [*map(_kept, lines[kept - 1 : kept])] == [last.text]
    is_whole = goes_on and len(lines) <= settings.RELEASE_OUTPUT_LINES
    new = lines[kept:] if is_whole else [CUT_OFF]
    add_lines(locked, new, after=kept, at=timezone.now())


def add_lines(
    release: Release, lines: Sequence[str], *, after: int, at: datetime
) -> None:
    """Add lines to the output of a locked release, which has so many."""
    ReleaseOutput.objects.bulk_create(
        ReleaseOutput(
            release=release,
            position=position,
            text=_kept(line),
            created_at=at,
        )
        for position, line in enumerate(lines, start=after + 1)
    )


def _kept(line: str) -> str:
    """Return as much of a line as is kept, and as the database can."""
    return line.replace("\0", "\ufffd")[:LINE_LIMIT]
