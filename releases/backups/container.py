"""The tar that a backup is: written in one pass, and never believed when it is read."""

import hashlib
import os
import re
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

from releases.errors import OperationRefused

BLOCK = tarfile.BLOCKSIZE
CHUNK = 2**20
# What is read as a whole; the largest honest one has a few thousand bytes.
SMALL = 2**20
MANY = 1_000
MANIFEST, SUMS, KEYS = "manifest.json", "SHA256SUMS", "keys/master.key"
NAME = re.compile(
    r"slugs/(?P<slug>[0-9a-f]{64})\.tar\.gz|tables/(?P<table>[a-z0-9_]{1,63})\.copy"
    rf"|{re.escape(KEYS)}|{re.escape(MANIFEST)}|{SUMS}"
)

Advance = Callable[[int], None]


class NoBackup(OperationRefused):
    """This file cannot be restored; nothing was changed."""

    code = "no_backup"


class Member(NamedTuple):
    """A file within a backup. `slug` is a checksum, `table` a name, or they are ""."""

    name: str
    slug: str
    table: str
    size: int
    start: int


class Contents(NamedTuple):
    """The checksums of the slugs in a backup, and all else by its name."""

    members: dict[str, Member]
    slugs: set[str]


class Sink:
    """What a member is written to."""

    def __init__(self, file: BinaryIO, advance: Advance) -> None:
        self.size = 0
        self._digest = hashlib.sha256()
        self._file = file
        self._advance = advance

    def write(self, chunk: bytes | memoryview) -> None:
        self._file.write(chunk)
        self._digest.update(chunk)
        self.size += len(chunk)
        self._advance(len(chunk))

    def sha256(self) -> str:
        return self._digest.hexdigest()


class Writer:
    def __init__(self, file: BinaryIO, sums: BinaryIO, advance: Advance) -> None:
        self._file = file
        self._sums = sums
        self._advance = advance

    @contextmanager
    def member(self, name: str) -> Iterator[Sink]:
        """Add a file; nothing stays of it if the block fails.

        Its header is written when it is whole, and its size known.
        """
        start = self._file.tell()
        self._file.write(bytes(BLOCK))
        sink = Sink(self._file, self._advance)
        try:
            yield sink
        except BaseException:
            self._file.seek(start)
            self._file.truncate()
            raise
        self._file.write(bytes(-sink.size % BLOCK))
        end = self._file.tell()
        self._file.seek(start)
        self._file.write(_header(name, sink.size))
        self._file.seek(end)
        self._sums.write(_sum_line(sink.sha256(), name))

    def finish(self) -> None:
        self._sums.seek(0)
        with self.member(SUMS) as sink:
            while chunk := self._sums.read(CHUNK):
                sink.write(chunk)
        self._file.write(bytes(2 * BLOCK))
        self._file.flush()
        os.fsync(self._file.fileno())


@contextmanager
def writing(file: BinaryIO, advance: Advance) -> Iterator[Writer]:
    """Write a backup to `file`, an empty one that can seek; whole when the block ends."""
    with tempfile.TemporaryFile() as sums:
        writer = Writer(file, sums, advance)
        yield writer
        writer.finish()


class Reader:
    """A backup that was opened. Whatever is wrong with it raises NoBackup."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)

    def members(self) -> Iterator[Member]:
        """Give what is in it, in order."""
        position = 0
        while (header := self._block(position)) != bytes(BLOCK):
            member = _member(header, position + BLOCK)
            yield member
            position += BLOCK + member.size
            position += self._padding(position, -member.size % BLOCK)
        if self._block(position + BLOCK) != bytes(BLOCK) or self._size != (
            position + 2 * BLOCK
        ):
            raise NoBackup("The backup has something after its end.")

    def chunks(self, member: Member, advance: Advance) -> Iterator[bytes]:
        position, end = member.start, member.start + member.size
        while position < end:
            self._file.seek(position)
            chunk = self._file.read(min(CHUNK, end - position))
            if not chunk:
                raise _cut_short()
            position += len(chunk)
            advance(len(chunk))
            yield chunk

    def small(self, member: Member) -> bytes:
        if member.size > SMALL:
            raise NoBackup(f"{member.name} of the backup is far too large.")
        return b"".join(self.chunks(member, lambda _: None))

    def check(self, advance: Advance) -> Contents:
        """Read all of it against its checksums."""
        found: dict[str, Member] = {}
        slugs: set[str] = set()
        sums = hashlib.sha256()
        for member in self.members():
            if SUMS in found or member.name in found or len(found) > MANY:
                raise NoBackup("The backup holds more than a backup of Rollbook's has.")
            sha256 = self._sha256(member, advance)
            expected = sums.hexdigest() if member.name == SUMS else member.slug
            if expected and sha256 != expected:
                raise NoBackup(f"The backup is damaged: {member.name} was changed.")
            sums.update(_sum_line(sha256, member.name))
            if member.slug:
                slugs.add(member.slug)
            else:
                found[member.name] = member
        if SUMS not in found:
            raise _cut_short()
        return Contents(found, slugs)

    def _sha256(self, member: Member, advance: Advance) -> str:
        digest = hashlib.sha256()
        for chunk in self.chunks(member, advance):
            digest.update(chunk)
        return digest.hexdigest()

    def _padding(self, position: int, size: int) -> int:
        self._file.seek(position)
        if self._file.read(size) != bytes(size):
            raise NoBackup("The backup is damaged, or cut short.")
        return size

    def _block(self, position: int) -> bytes:
        self._file.seek(position)
        block = self._file.read(BLOCK)
        if len(block) < BLOCK:
            raise _cut_short()
        return block


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    info.mode = 0o600
    return info.tobuf(tarfile.GNU_FORMAT)


def _member(header: bytes, start: int) -> Member:
    try:
        # One block alone: no header here is believed about the length of another.
        info = tarfile.TarInfo.frombuf(header, "ascii", "replace")
    except tarfile.HeaderError:
        raise NoBackup(
            "The file is no backup of Rollbook's, or it is damaged."
        ) from None
    match = NAME.fullmatch(info.name)
    if match is None or info.type != tarfile.REGTYPE or info.size < 0:
        raise NoBackup("The backup holds something that no backup of Rollbook's has.")
    return Member(
        info.name, match["slug"] or "", match["table"] or "", info.size, start
    )


def _sum_line(sha256: str, name: str) -> bytes:
    return f"{sha256}  {name}\n".encode()


def _cut_short() -> NoBackup:
    return NoBackup("The backup is cut short: its end is missing.")
