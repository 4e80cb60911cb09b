"""Where an archive waits while it arrives: a file that never outlives its maker."""

import errno
import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from releases.slugs.errors import SlugRefused
from releases.slugs.storage import store_folder

PREFIX, SUFFIX = "slug-", ".incoming"
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True)
class Incoming:
    """A file of our own to write an archive to. Storing it may move it away."""

    path: Path
    file: BinaryIO


@contextmanager
def incoming() -> Iterator[Incoming]:
    """Open a file that is gone afterwards, however this ends.

    While it is written it is locked, so that what a killed process left can be told
    from what is still arriving. Raises SlugRefused when the disk is full.
    """
    try:
        folder = _folder()
        _sweep(folder)
        file, path = _open_locked(folder)
        try:
            with file:
                yield Incoming(path, file)
        finally:
            path.unlink(missing_ok=True)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise SlugRefused(
            "There is no room left to keep this slug; free some disk space first.",
            code="no_room",
        ) from error


def _folder() -> Path:
    """Return a folder on the store's own file system: keeping a file is a rename then."""
    chosen = settings.FILE_UPLOAD_TEMP_DIR
    store = store_folder()
    if store is None or chosen.stat().st_dev == store.stat().st_dev:
        return chosen
    beside = store.with_name(f"{store.name}-incoming")
    beside.mkdir(mode=0o700, exist_ok=True)
    return beside


def _open_locked(folder: Path) -> tuple[BinaryIO, Path]:
    while True:
        descriptor, name = tempfile.mkstemp(SUFFIX, PREFIX, folder)
        file = open(descriptor, "wb")  # noqa: PTH123, SIM115  # it has a descriptor, and is returned open
        fcntl.flock(file, fcntl.LOCK_EX)
        # A sweep may have come between making and locking it.
        if Path(name).exists():
            return file, Path(name)
        file.close()


def _sweep(folder: Path) -> None:
    """Remove what processes that were killed left behind."""
    for path in folder.glob(f"{PREFIX}*{SUFFIX}"):
        # Locked: still arriving. Not ours, or gone meanwhile: someone else's to sweep.
        with (
            suppress(BlockingIOError, PermissionError, FileNotFoundError),
            path.open("rb") as file,
        ):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
