"""Giving a slug's bytes back, to a file or to standard output."""

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.core.management.base import CommandError

from releases.errors import NotFound, OperationRefused
from releases.management.console.progress import Progress
from releases.models import Blob
from releases.slugs.storage import CHUNK, open_blob

TO_OUTPUT = "-"


def save(blob: Blob, output: str, *, overwrite: bool, progress: Progress) -> None:
    """Write the bytes of `blob` to a file as a whole or not at all, or to `-`.

    Refuses a file that exists, unless told, and bytes that are not the ones received.
    """
    if not blob.is_stored:
        raise NotFound(f"The bytes of slug {blob} were pruned and are gone.")
    if output == TO_OUTPUT:
        _copy(blob, sys.stdout.buffer, progress)
        return
    try:
        target = Path(output).resolve()
        if target.exists() and not target.is_file():
            raise CommandError(f"{output} is no file.")
        if target.exists() and not overwrite:
            raise CommandError(f"{output} exists; --force writes over it.")
        with _draft(target) as file:
            _copy(blob, file, progress)
    except OSError as error:
        raise CommandError(f"{output} cannot be written: {error.strerror}.") from error


@contextmanager
def _draft(target: Path) -> Iterator[BinaryIO]:
    """Open a file beside `target` that takes its place if all goes well."""
    descriptor, name = tempfile.mkstemp(
        prefix=f".{target.name[:100]}.", dir=target.parent
    )
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _copy(blob: Blob, file: BinaryIO, progress: Progress) -> None:
    digest = hashlib.sha256()
    with open_blob(blob.pk) as stored:
        for chunk in stored.chunks(CHUNK):
            digest.update(chunk)
            file.write(chunk)
            progress.advance(len(chunk))
    file.flush()
    if digest.hexdigest() != blob.pk:
        raise OperationRefused(
            f"The stored bytes of slug {blob} are not the ones that were received;"
            " run verify_ledger.",
            code="bytes_changed",
        )
