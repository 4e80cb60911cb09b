"""What came before a release, and what became of it."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from releases.config import ConfigChange, KeyChange
from releases.models import Activity, Mark, Release

WENT_LIVE = [Release.Status.SUCCEEDED, Release.Status.EXPIRED]


def live_before(release: Release) -> Release | None:
    """Return the newest release that went live before `release` was made."""
    return (
        Release.objects.filter(
            app=release.app_id, version__lt=release.version, status__in=WENT_LIVE
        )
        .order_by("-version")
        .first()
    )


def restored_by(release: Release) -> QuerySet[Release]:
    """Return the rollbacks that went to `release`, newest first; slice before listing."""
    return release.restored_by.order_by("-version")


def marks_of(release: Release) -> QuerySet[Mark]:
    """Return all marks of `release`, cleared ones too, newest first."""
    return release.marks.select_related("created_by", "cleared_by").order_by("-pk")


def keys_changed_by(releases: Collection[Release]) -> dict[UUID, list[ConfigChange]]:
    """Return which config keys each release changed, as its activity tells.

    One query, however many releases. A deploy changes none, so has an empty list.
    """
    made = Activity.objects.filter(
        release__in=[release.pk for release in releases],
        kind=Activity.Kind.RELEASE_CREATED,
    ).order_by()
    return {
        release_id: _changes(detail)
        for release_id, detail in made.values_list("release_id", "detail")
    }


def _changes(detail: dict[str, object]) -> list[ConfigChange]:
    found = []
    for change in KeyChange:
        names = detail.get(change.value)
        if isinstance(names, list):
            found += [ConfigChange(str(name), change) for name in names]
    return found
