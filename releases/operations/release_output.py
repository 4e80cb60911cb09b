from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from releases.models import Release, ReleaseOutput

LINE_LIMIT = 10_000


@transaction.atomic
def append_output(*, release: Release, lines: Sequence[str]) -> None:
    """Keep what a pending release has printed: all of it so far, of which some is kept.

    Told again it adds only what is new. Output of a release that has settled stays as it
    is.
    """
    locked = Release.objects.select_for_update().get(pk=release.pk)
    if locked.status != Release.Status.PENDING:
        return
    kept = locked.output.count()
    now = timezone.now()
    ReleaseOutput.objects.bulk_create(
        ReleaseOutput(
            release=locked,
            position=position,
            text=line.replace("\0", "\ufffd")[:LINE_LIMIT],
            created_at=now,
        )
        for position, line in enumerate(lines[kept:], start=kept + 1)
    )
