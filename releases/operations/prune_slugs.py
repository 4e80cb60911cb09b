"""Freeing the store of code that nobody would go back to.

Two steps, so that neither a crash nor the same bytes arriving at that moment loses
anything: a blob is marked deleted, in one transaction with the releases that expire;
then, in another and under the lock of the blob's row, its bytes are deleted if it still
is. Whoever stores bytes holds that lock too, so they are either stored anew after this
or found stored and left alone. The next run finishes what a crash left undone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from releases.actors import Actor
from releases.config import vars_of
from releases.errors import OperationRefused
from releases.models import Activity, App, Blob, Mark, Release, Slug
from releases.operations.ledger import current_release, record_activity
from releases.permissions import require_superuser
from releases.restoring import last_known_good, standpoint
from releases.slugs.storage import delete_blob, stored_blobs

KEEP = 20
DAYS = 30
# What arrived and was not released yet may be about to be.
FRESH = timedelta(days=1)

Status = Release.Status


@dataclass
class Pruned:
    """What a run frees: the releases that expire, by app, and the blobs that go."""

    versions: dict[str, list[int]] = field(default_factory=dict)
    blobs: dict[str, Blob] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return sum(blob.size for blob in self.blobs.values())


@dataclass(frozen=True)
class _Rule:
    """How much stays beside what always does: the newest code, and what ran lately."""

    keep: int
    since: datetime


def prune_slugs(
    *,
    actor: Actor,
    app: App | None = None,
    keep: int = KEEP,
    days: int = DAYS,
    dry_run: bool = True,
) -> Pruned:
    """Delete the bytes of old code, of one app or of all; what only these had expires.

    What runs, the last known good and what is pinned stay always; so do the newest
    `keep` of each app's slugs that were released, and what was released in the last
    `days`. A dry run judges the same, under the same locks, and writes nothing.
    """
    require_superuser(actor, "prune slugs")
    if keep < 1 or days < 0:
        raise OperationRefused(
            "At least one slug of each app has to stay, for no fewer than 0 days.",
            code="invalid",
        )
    rule = _Rule(keep, timezone.now() - timedelta(days=days))
    pruned = Pruned()
    apps = App.objects.filter(deleted_at=None).order_by("name")
    for each in [app] if app else apps:
        _prune_app(each, rule, pruned, actor=actor, dry_run=dry_run)
    if app is None:
        for blob in _unclaimed().filter(stored_at__lt=timezone.now() - FRESH):
            if dry_run or _mark_unclaimed(blob.pk):
                pruned.blobs[blob.pk] = blob
    if not dry_run:
        _delete_marked()
    return pruned


def delete_unneeded_bytes(app: App) -> None:
    """Delete the bytes of a destroyed `app` that no slug of another app shares."""
    for blob in _unclaimed().filter(slugs__app=app).distinct():
        if _mark_unclaimed(blob.pk):
            _delete_bytes(blob.pk)


@transaction.atomic
def _prune_app(
    app: App, rule: _Rule, pruned: Pruned, *, actor: Actor, dry_run: bool
) -> None:
    """Mark what `app` no longer needs, unless another app that shares it does."""
    stored = _stored().filter(slugs__app=app).values("pk")
    sharing = Slug.objects.filter(blob__in=stored).values("app")
    # In one order, so that two who share with each other never wait for each other.
    apps = list(
        App.objects.select_for_update(no_key=True)
        .filter(pk__in=sharing, deleted_at=None)
        .order_by("pk")
    )
    needed = {blob for each in apps for blob in _needed(each, rule)}
    spare = _stored().filter(pk__in=stored).exclude(pk__in=needed)
    locked = list(spare.select_for_update().order_by("pk"))
    # Asked only now: another app may have sealed a slug as we waited for the lock.
    claimed = Exists(_live_slugs().exclude(app__in=apps))
    unclaimed = Blob.objects.filter(pk__in=[blob.pk for blob in locked]).exclude(
        claimed
    )
    gone = {blob.pk: blob for blob in unclaimed}
    if not gone:
        return
    now = timezone.now()
    for each in apps:
        versions = _expiring(each, gone)
        pruned.versions.setdefault(each.name, []).extend(versions)
        if not dry_run:
            _expire(each, versions, gone, actor=actor, at=now)
    if not dry_run:
        Blob.objects.filter(pk__in=gone).update(deleted_at=now)
    pruned.blobs.update(gone)


def _needed(app: App, rule: _Rule) -> set[str | None]:
    """Return the blobs that a locked `app` may not lose."""
    current = current_release(app)
    good = last_known_good(standpoint(app, current, vars_of(current.config_set)[0]))
    needed = {
        release.slug.blob_id for release in (current, good) if release and release.slug
    }
    pins = Mark.objects.filter(app=app, kind=Mark.Kind.PIN, cleared_at=None)
    needed.update(pins.values_list("release__slug__blob", flat=True))
    arrived = Q(sealed_at__gt=rule.since) | Q(
        sealed_at__gt=timezone.now() - FRESH, releases=None
    )
    needed.update(app.slugs.filter(arrived).values_list("blob", flat=True))
    released = (
        app.releases.filter(
            slug__isnull=False, status__in=[Status.PENDING, Status.SUCCEEDED]
        )
        .values("slug__blob")
        .annotate(version=Max("version"), at=Max("created_at"))
        .order_by("-version")
        .values_list("slug__blob", "at")
    )
    needed.update(
        blob
        for position, (blob, at) in enumerate(released)
        if position < rule.keep or at > rule.since
    )
    return needed


def _expiring(app: App, gone: Collection[str]) -> list[int]:
    losing = app.releases.filter(status=Status.SUCCEEDED, slug__blob__in=gone)
    return list(losing.order_by("version").values_list("version", flat=True))


def _expire(
    app: App,
    versions: Sequence[int],
    gone: Collection[str],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    app.releases.filter(version__in=versions).update(status=Status.EXPIRED)
    slugs = app.slugs.filter(blob__in=gone).values_list("blob", flat=True)
    lost = sorted({str(blob) for blob in slugs})
    if lost:
        record_activity(
            app,
            actor=actor,
            kind=Activity.Kind.SLUGS_PRUNED,
            summary=_summary(versions, len(lost)),
            detail={"versions": versions, "sha256": lost},
            at=at,
        )


def _summary(versions: Sequence[int], slugs: int) -> str:
    if len(versions) == 1:
        return f"Pruned the code of v{versions[0]}"
    if versions:
        return f"Pruned the code of {len(versions)} releases up to v{versions[-1]}"
    return f"Pruned {slugs} slug{'s' if slugs > 1 else ''} that never ran"


def _stored() -> QuerySet[Blob]:
    return Blob.objects.filter(stored_at__isnull=False, deleted_at=None)


def _live_slugs() -> QuerySet[Slug]:
    return Slug.objects.filter(blob=OuterRef("pk"), app__deleted_at=None)


def _unclaimed() -> QuerySet[Blob]:
    """Return stored blobs that no live app has: its app was destroyed, or never got it."""
    return _stored().filter(~Exists(_live_slugs()))


@transaction.atomic
def _mark_unclaimed(sha256: str) -> bool:
    """Mark a blob deleted if, under its lock, still nobody claims it."""
    Blob.objects.select_for_update().get(pk=sha256)
    marked = _unclaimed().filter(pk=sha256).update(deleted_at=timezone.now())
    return bool(marked)


def _delete_marked() -> None:
    """Delete all bytes whose blob is marked, by this run or by one that did not end."""
    kept = set(_stored().values_list("pk", flat=True))
    for sha256 in stored_blobs():
        if sha256 not in kept:
            _delete_bytes(sha256)


@transaction.atomic
def _delete_bytes(sha256: str) -> None:
    blob = Blob.objects.select_for_update().filter(pk=sha256).first()
    # Bytes without a row are not ours to judge: the database may be an older one.
    if blob and not blob.is_stored:
        delete_blob(sha256)
