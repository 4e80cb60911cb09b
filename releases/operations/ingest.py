"""Taking in the bytes of a slug: kept once they were hashed here, and a row has them."""

from collections.abc import Callable
from pathlib import Path

import psycopg
from django.db import connection, transaction
from django.utils import timezone

from releases.actors import Actor
from releases.errors import Conflict
from releases.models import Activity, App, Blob, Slug
from releases.operations.ledger import record_activity
from releases.slugs.archive import Inspection, inspect
from releases.slugs.incoming import incoming
from releases.slugs.limits import configured_limits
from releases.slugs.storage import blob_exists, store
from releases.slugs.unzipped import Readable

ATTEMPTS = 3


class _BytesGone(Conflict):
    code = "expired"


def take_in(
    archive: Readable, *, expected_sha256: str, seal: Callable[[Inspection], Slug]
) -> Slug:
    """Keep the bytes of `archive`, and return the slug that `seal` makes of them.

    `seal` locks the app and then, by `stored_blob`, the bytes. No lock is held while
    they arrive. Raises SlugRefused for an archive that no slug can be made of; nothing
    is left of it then.
    """
    with incoming() as arriving:
        inspection = inspect(
            archive,
            copy_to=arriving.file,
            limits=configured_limits(),
            expected_sha256=expected_sha256,
        )
        _note(inspection)
        for _ in range(ATTEMPTS):
            _keep(inspection, arriving.path)
            try:
                return seal(inspection)
            except _BytesGone:
                # Pruned since they were found in the store. Ours, if not moved there,
                # are still at hand.
                if not arriving.path.exists():
                    raise
        raise _bytes_gone(inspection)


def stored_blob(inspection: Inspection) -> Blob:
    """Return the blob of bytes that were kept; they stay while its row is locked."""
    blob = Blob.objects.select_for_update(no_key=True).get(pk=inspection.sha256)
    if not (blob.is_stored and blob_exists(blob.pk)):
        raise _bytes_gone(inspection)
    return blob


def record_received(slug: Slug, app: App, *, actor: Actor) -> None:
    record_activity(
        app,
        actor=actor,
        kind=Activity.Kind.SLUG_RECEIVED,
        summary=f"Received slug {slug}",
        detail={
            "slug": str(slug.pk),
            "sha256": slug.blob_id,
            "commit": slug.commit,
            "commits_total": slug.commits_total,
        },
        at=slug.sealed_at,
    )


def _note(inspection: Inspection) -> None:
    """Have a row for the bytes before they are stored: no stored bytes lack one."""
    Blob.objects.bulk_create(
        [
            Blob(
                sha256=inspection.sha256,
                size=inspection.size,
                unpacked_size=inspection.unpacked_size,
                file_count=inspection.file_count,
            )
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def _keep(inspection: Inspection, file: Path) -> None:
    """Store the bytes, unless they are: the row's lock lets one in at a time."""
    blob = Blob.objects.select_for_update().get(pk=inspection.sha256)
    if blob.is_stored and blob_exists(blob.pk):
        return
    store(file, blob.pk)
    blob.stored_at = timezone.now()
    blob.deleted_at = None
    blob.save(update_fields=["stored_at", "deleted_at"])
    _insert_manifest(blob, inspection.manifest)


def _insert_manifest(blob: Blob, entries: bytes) -> None:
    """Keep a manifest, unless it is kept, in little more memory than it has bytes.

    The ORM writes bytes into the text of its statement, in hexadecimal digits: that
    takes eight times as much, and a manifest may have ten megabytes.
    """
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(
            "INSERT INTO releases_manifest (blob_id, entries) VALUES (%s, %b)"
            " ON CONFLICT DO NOTHING",
            [blob.pk, entries],
        )


def _bytes_gone(inspection: Inspection) -> _BytesGone:
    return _BytesGone(
        f"The bytes of slug {inspection.sha256[:12]} were pruned as they arrived;"
        " send them again."
    )
