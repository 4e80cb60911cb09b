"""Putting a stored slug's tree on the disk, with the same rules it was taken in by."""

import os
import sys
from dataclasses import fields
from pathlib import Path
from typing import BinaryIO

from releases.slugs.errors import SlugRefused
from releases.slugs.limits import Limits
from releases.slugs.tar import Kind, Member, members
from releases.slugs.tree import APP, Layout, Tree
from releases.slugs.unzipped import PIECE, Readable, Unzipped

FOLDER_MODE, PROGRAM_MODE, FILE_MODE = 0o755, 0o755, 0o644
EXECUTABLE = 0o100
# What was accepted once is taken again, however the limits were set since.
NO_LIMITS = Limits(**{field.name: sys.maxsize for field in fields(Limits)})


def unpack(source: Readable, folder: Path, *, sha256: str) -> None:
    """Write the tree of an archive into `folder`, which is new and empty.

    The code is at its root in either layout. Raises SlugRefused for bytes that are not
    those of `sha256`, with part of them written.
    """
    with Path(os.devnull).open("wb") as nowhere:
        stream = Unzipped(source, nowhere, NO_LIMITS)
        tree = Tree(NO_LIMITS)
        root = os.fsencode(folder)
        for member in members(stream, NO_LIMITS):
            path = tree.place(member)
            _write(stream, member, os.path.join(root, path), root)  # noqa: PTH118  # bytes
            if member.kind is Kind.FILE:
                tree.fill(path, member, b"")
    if stream.sha256() != sha256:
        raise SlugRefused(
            f"The stored bytes of slug {sha256[:12]} are not what was taken in.",
            code="bytes_changed",
        )
    if tree.layout() is Layout.HEROKU:
        _lift(folder)


def _write(stream: Unzipped, member: Member, path: bytes, root: bytes) -> None:
    # Nothing lies below a link, so no name leads out of the folder.
    os.makedirs(os.path.dirname(path), FOLDER_MODE, exist_ok=True)  # noqa: PTH103,PTH120
    if member.kind is Kind.FOLDER:
        os.makedirs(path, FOLDER_MODE, exist_ok=True)  # noqa: PTH103
    elif member.kind is Kind.SYMLINK:
        os.symlink(member.link, path)  # noqa: PTH211
    elif member.kind is Kind.HARD_LINK:
        linked = [part for part in member.link.split(b"/") if part not in {b"", b"."}]
        os.link(os.path.join(root, *linked), path)  # noqa: PTH118
    else:
        mode = PROGRAM_MODE if member.mode & EXECUTABLE else FILE_MODE
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(made, "wb") as file:  # noqa: PTH123  # a descriptor
            _copy(stream, member.size, file)


def _copy(stream: Unzipped, size: int, file: BinaryIO) -> None:
    while size:
        piece = stream.take(min(size, PIECE))
        if not piece:
            raise SlugRefused("The stored archive is cut short.")
        file.write(piece)
        size -= len(piece)


def _lift(folder: Path) -> None:
    """Make the tree under ./app, which is all there is, the folder itself."""
    app = folder / APP.decode()
    # Of a name that no entry of it can have: that one is taken away with the old.
    aside = folder.with_name(f"{folder.name}.lifted")
    app.rename(aside)
    folder.rmdir()
    aside.rename(folder)
