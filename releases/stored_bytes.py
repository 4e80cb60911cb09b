"""Checking that stored slugs are what arrived, and their manifests what is in them.

The manifest of a pruned slug has no bytes left to be checked against.
"""

import os
import zlib
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from django.db.models import QuerySet

from releases.errors import OperationRefused
from releases.models import App, Blob, Manifest
from releases.slugs import manifest
from releases.slugs.archive import inspect
from releases.slugs.storage import open_blob, verify
from releases.slugs.unpack import NO_LIMITS
from releases.verification import Fault

PAGE = 500


def blobs_to_be_there(app: App | None = None) -> QuerySet[Blob]:
    """Return the blobs whose bytes must be stored, those of one app or all."""
    blobs = Blob.objects.filter(stored_at__isnull=False, deleted_at=None)
    return blobs.filter(slugs__app=app).distinct() if app else blobs


def verify_blobs(app: App | None = None) -> Iterator[tuple[Blob, Fault | None]]:
    """Read every stored slug again, and say of each what is wrong with it, if anything."""
    last = ""
    # Page by page: this takes long, and no transaction should.
    while page := _page(app, last):
        for blob in page:
            yield blob, _fault(blob)
        last = page[-1].pk


def _page(app: App | None, last: str) -> list[Blob]:
    return list(blobs_to_be_there(app).filter(pk__gt=last).order_by("pk")[:PAGE])


def _fault(blob: Blob) -> Fault | None:
    sentence = _what_is_wrong(blob)
    if not sentence or not blobs_to_be_there().filter(pk=blob.pk).exists():
        # The second: it was pruned as we looked.
        return None
    return Fault(f"slug {blob}", blob.pk, sentence)


def _what_is_wrong(blob: Blob) -> str:
    if not verify(blob.pk):
        return "its stored bytes were changed or are missing"
    found = Manifest.objects.filter(blob=blob).first()
    if found is None:
        return "its manifest is missing"
    try:
        with open_blob(blob.pk) as stored, Path(os.devnull).open("wb") as nowhere:
            inspection = inspect(stored, copy_to=nowhere, limits=NO_LIMITS)
    except (OperationRefused, OSError):
        # The bytes are right: they went this moment, or would be refused by now.
        return ""
    is_same = (blob.size, blob.unpacked_size, blob.file_count) == (
        inspection.size,
        inspection.unpacked_size,
        inspection.file_count,
    ) and _same_manifest(bytes(found.entries), inspection.manifest)
    return "" if is_same else "its manifest or its sizes were changed"


def _same_manifest(stored: bytes, made: bytes) -> bool:
    try:
        # Not byte by byte: another zlib compresses the same otherwise.
        return all(
            ours == theirs
            for ours, theirs in zip_longest(
                manifest.lines(stored), manifest.lines(made)
            )
        )
    except zlib.error:
        return False
