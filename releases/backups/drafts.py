"""A file that takes its place when it is whole, and leaves nothing if it never is."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

SUFFIX = ".part"


@contextmanager
def draft_of(target: Path) -> Iterator[BinaryIO]:
    """Open a file for its owner only, which replaces `target` if the block goes well.

    While it is written it is locked, so that one that a killed process left behind is
    known as such, and removed, by the next.
    """
    prefix = f".{target.name[:100]}."
    _sweep(target.parent, prefix)
    descriptor, name = tempfile.mkstemp(SUFFIX, prefix, target.parent)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
            file.flush()
            os.fsync(descriptor)
            draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _sweep(folder: Path, prefix: str) -> None:
    for path in folder.iterdir():
        if not (path.name.startswith(prefix) and path.name.endswith(SUFFIX)):
            continue
        # Locked: still written. Someone else's, or gone meanwhile: not ours to remove.
        with suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
