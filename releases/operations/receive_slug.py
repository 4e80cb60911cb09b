import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import psycopg
from django.db import connection, transaction
from django.utils import timezone

from releases.actors import Actor
from releases.errors import Conflict
from releases.models import Activity, App, Blob, Slug
from releases.operations.inputs import clean_text
from releases.operations.ledger import lock_app, record_activity
from releases.permissions import Action, no_such_app, require
from releases.slugs.archive import Inspection, inspect
from releases.slugs.incoming import incoming
from releases.slugs.limits import configured_limits
from releases.slugs.storage import blob_exists, store
from releases.slugs.unzipped import Readable

COMMIT_LIMIT = 64
COMMITS_LIMIT = 500
TITLE_LIMIT = 500
AUTHOR_LIMIT = 320
ATTEMPTS = 3
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


class _BytesGone(Conflict):
    code = "expired"


def receive_slug(
    *,
    app: App,
    archive: Readable,
    actor: Actor,
    commit: str = "",
    commit_title: str = "",
    commit_author: str = "",
    base_commit: str = "",
    commits: Sequence[Mapping[str, str]] = (),
    commits_total: int | None = None,
    expected_sha256: str = "",
) -> Slug:
    """Take in the `.tar.gz` that `archive` gives, and return it as a sealed slug.

    `commits` is the range since `base_commit`, newest first; `commits_total` says how
    many there are where not all are listed. No lock is held while bytes arrive. Raises
    SlugRefused for an archive that no slug can be made of; nothing is left of it then.
    """
    _refuse_unless_allowed(app, actor)
    facts = {
        "commit": clean_text(commit, "commit", limit=COMMIT_LIMIT),
        "commit_title": _line(commit_title, TITLE_LIMIT),
        "commit_author": _line(commit_author, AUTHOR_LIMIT),
        "base_commit": clean_text(base_commit, "base commit", limit=COMMIT_LIMIT),
        "commits": [_commit(each) for each in commits[:COMMITS_LIMIT]],
        "commits_total": len(commits) if commits_total is None else commits_total,
    }
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
                return _seal(app, inspection, facts, actor=actor)
            except _BytesGone:
                # Pruned since they were found in the store. Ours, if not moved there,
                # are still at hand.
                if not arriving.path.exists():
                    raise
        raise _bytes_gone(inspection)


def _refuse_unless_allowed(app: App, actor: Actor) -> None:
    """Say so before a gigabyte has arrived; it is judged again under the lock."""
    found = App.objects.filter(pk=app.pk, deleted_at=None).first()
    if found is None:
        raise no_such_app(app.name)
    require(actor, found, Action.DEPLOY)


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


@transaction.atomic
def _seal(
    app: App, inspection: Inspection, facts: Mapping[str, object], *, actor: Actor
) -> Slug:
    """Give the app a slug of these bytes, which stay while the blob's row is locked."""
    app = lock_app(app, actor=actor, to_do=Action.DEPLOY)
    blob = Blob.objects.select_for_update(no_key=True).get(pk=inspection.sha256)
    if not (blob.is_stored and blob_exists(blob.pk)):
        raise _bytes_gone(inspection)
    now = timezone.now()
    slug = Slug.objects.create(
        app=app,
        blob=blob,
        process_types=inspection.process_types,
        stack=app.stack,
        created_by=actor.user,
        created_at=now,
        sealed_at=now,
        **facts,
    )
    _record(slug, app, actor=actor, at=now)
    return slug


def _record(slug: Slug, app: App, *, actor: Actor, at: datetime) -> None:
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
        at=at,
    )


def _bytes_gone(inspection: Inspection) -> _BytesGone:
    return _BytesGone(
        f"The bytes of slug {inspection.sha256[:12]} were pruned as they arrived;"
        " send them again."
    )


def _commit(commit: Mapping[str, str]) -> dict[str, str]:
    limits = {"sha": COMMIT_LIMIT, "title": TITLE_LIMIT, "author": AUTHOR_LIMIT}
    return {name: _line(commit.get(name, ""), limit) for name, limit in limits.items()}


def _line(text: str, limit: int) -> str:
    """Make one line fit to store of what git said, which may hold anything."""
    return UNPRINTABLE.sub(" ", text).strip()[:limit]
