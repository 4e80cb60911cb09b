"""Making a slug archive on the way: the same bytes for the same tree, never all at once."""

import io
import os
import stat
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from releases.slugs.errors import SlugRefused, shown
from releases.slugs.tar import BLOCK, END_MARK
from releases.slugs.unzipped import GZIP_FRAMING

TOP = "./app/"
CHUNK = 256 * 1024
COMPRESSION = 6
GIT = ".git"


def gzipped(tar: Iterable[bytes]) -> BinaryIO:
    """Return a file that gives `tar` compressed, with no time and no name in it."""
    return io.BufferedReader(_Pieces(_compressed(tar)), CHUNK)


def folder_as_tar(folder: Path, warnings: list[str]) -> Iterator[bytes]:
    """Give the tree under `folder` as a tar, in order of name, without `.git`.

    Owners and times are left out; of the permissions only whether a file may be
    executed. Links are kept as links. `warnings` grows by what no slug can hold.
    """
    try:
        yield _header(_member(tarfile.DIRTYPE, 0o755), TOP)
        for entry in _walk(folder):
            yield from _packed(
                entry, f"{TOP}{os.path.relpath(entry, folder)}", warnings
            )
    except OSError as error:
        name = os.fsencode(error.filename or folder)
        raise SlugRefused(f"{shown(name)} cannot be read: {error.strerror}.") from error
    yield END_MARK * 2


def _compressed(tar: Iterable[bytes]) -> Iterator[bytes]:
    compressor = zlib.compressobj(COMPRESSION, wbits=GZIP_FRAMING)
    for piece in tar:
        yield compressor.compress(piece)
    yield compressor.flush()


class _Pieces(io.RawIOBase):
    """An iterator as a file to read from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed wants any buffer
        while not self._piece:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._piece = piece
        size = min(len(buffer), len(self._piece))
        buffer[:size] = self._piece[:size]
        self._piece = self._piece[size:]
        return size


def _walk(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Give all entries, a folder before what it holds, each level in order of name."""
    waiting = [iter(_entries(folder))]
    while waiting:
        entry = next(waiting[-1], None)
        if entry is None:
            waiting.pop()
            continue
        yield entry
        if entry.is_dir(follow_symlinks=False):
            waiting.append(iter(_entries(entry)))


def _entries(folder: Path | os.DirEntry[str]) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        kept = [entry for entry in entries if entry.name != GIT]
    return sorted(kept, key=lambda entry: os.fsencode(entry.name))


def _packed(entry: os.DirEntry[str], name: str, warnings: list[str]) -> Iterator[bytes]:
    if entry.is_symlink():
        target = os.readlink(entry.path)  # noqa: PTH115  # a Path would tidy the target
        yield _header(_member(tarfile.SYMTYPE, 0o777, link=target), name)
    elif entry.is_dir():
        yield _header(_member(tarfile.DIRTYPE, 0o755), name)
    elif entry.is_file():
        yield from _packed_file(entry, name)
    else:
        warnings.append(
            f"{shown(os.fsencode(entry.path))} is not included:"
            " a slug holds files, folders and links."
        )


def _packed_file(entry: os.DirEntry[str], name: str) -> Iterator[bytes]:
    changed = SlugRefused(
        f"{shown(os.fsencode(entry.path))} changed while it was read."
    )
    # Like this it cannot have become a link or a pipe since it was listed.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    with open(entry.path, "rb", opener=lambda path, _: os.open(path, flags)) as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise changed
        mode = 0o755 if found.st_mode & stat.S_IXUSR else 0o644
        yield _header(_member(tarfile.REGTYPE, mode, size=found.st_size), name)
        missing = found.st_size
        while missing:
            piece = file.read(min(missing, CHUNK))
            if not piece:
                raise changed
            missing -= len(piece)
            yield piece
    yield bytes(-found.st_size % BLOCK)


def _member(
    type_: bytes, mode: int, *, size: int = 0, link: str = ""
) -> tarfile.TarInfo:
    member = tarfile.TarInfo()
    member.type, member.mode, member.size, member.linkname = type_, mode, size, link
    return member


def _header(member: tarfile.TarInfo, name: str) -> bytes:
    member.name = name
    return member.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
