"""Reading tar headers: ustar, GNU long names, pax. Strict where readers disagree.

Python's tarfile believes a header that says its long name has 800 MB, and reads them;
here every size is judged before it is read. What two readers could take for two
different trees is refused rather than guessed.
"""

import re
import struct
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache
from typing import NamedTuple, NoReturn

from releases.slugs.errors import SlugRefused, shown
from releases.slugs.limits import Limits
from releases.slugs.unzipped import Unzipped

BLOCK = 512
END_MARK = bytes(BLOCK)
# name, mode, ids of user and group, size, time, checksum, type, link name, magic and
# version, both numbers of a device, prefix
HEADER = struct.Struct("100s 8s 16s 12s 12s 8s c 100s 8s 64x 16s 155s 12x")
SHORT_NUMBER = 8
# The checksum is over itself as spaces.
SPACES = 8 * ord(" ")
USTAR = b"ustar\x0000"
BASE_256, NEGATIVE = 0x80, 0xFF

PAX, PAX_GLOBAL, LONG_NAME, LONG_LINK = b"x", b"g", b"L", b"K"
EXTENDED = {PAX, PAX_GLOBAL, LONG_NAME, LONG_LINK}
LONG = {LONG_NAME: b"path", LONG_LINK: b"linkpath"}
OVERRIDES = {b"path", b"linkpath", b"size"}
SPARSE = b"GNU.sparse."
PAX_LENGTH = re.compile(rb"([1-9][0-9]{0,9}) ")
PAX_SIZE = re.compile(rb"[0-9]{1,20}")
OCTAL = re.compile(rb" *([0-7]*) *")


class Kind(Enum):
    FILE = "a file"
    FOLDER = "a folder"
    SYMLINK = "a symbolic link"
    HARD_LINK = "a hard link"


KINDS = {
    b"0": Kind.FILE,
    b"\0": Kind.FILE,
    b"1": Kind.HARD_LINK,
    b"2": Kind.SYMLINK,
    b"5": Kind.FOLDER,
}
REFUSED_KINDS = {
    b"3": "a character device",
    b"4": "a block device",
    b"6": "a named pipe",
    b"S": "a sparse file",
}


class Member(NamedTuple):
    """One entry of an archive, as its headers have it; nothing is believed yet."""

    name: bytes
    kind: Kind
    mode: int
    size: int
    link: bytes


class _Header(NamedTuple):
    name: bytes
    mode: int
    size: int
    type: bytes
    link: bytes


def members(stream: Unzipped, limits: Limits) -> Iterator[Member]:
    """Give the members one by one; whoever takes one reads its `size` bytes first.

    At the end it has seen to the end mark, and to nothing but zeros after it.
    """
    overrides: dict[bytes, bytes] = {}
    extended: set[bytes] = set()
    is_first = True
    while (block := stream.take(BLOCK)) != END_MARK:
        header = _parse(block)
        if header.type in EXTENDED:
            if header.type in extended or (header.type == PAX_GLOBAL and not is_first):
                _refuse(header, "comes where only one was expected")
            extended.add(header.type)
            for key, value in _read_extended(stream, header, limits).items():
                if key in overrides:
                    _refuse(header, f"has two headers that say its {key.decode()}")
                overrides[key] = value
        else:
            member = _member(header, overrides)
            yield member
            stream.take(-member.size % BLOCK)
            overrides, extended = {}, set()
        is_first = False
    if extended:
        raise SlugRefused("The archive ends with a header that belongs to no member.")
    _see_to_the_end(stream)


def _parse(block: bytes) -> _Header:
    if len(block) < BLOCK:
        raise SlugRefused("The archive is cut short: it has no end mark.")
    name, mode, ids, size, time, checksum, type_, link, magic, device, prefix = (
        HEADER.unpack(block)
    )
    name = _up_to_nul(name)
    # Most of a header is zeros, and leaving these out takes less than adding them up.
    total = sum(block.translate(None, b"\0")) - sum(checksum) + SPACES
    if _number(checksum) != total:
        raise SlugRefused(
            f"The header of {shown(name)} does not match its checksum,"
            " or this is no tar archive."
        )
    permissions, length = _number(mode), _number(size)
    # Of no use here, but Python's tarfile takes a wrong one for the end of the archive.
    others_are_well = _are_numbers(ids + device) and _number(time) is not None
    if permissions is None or length is None or length < 0 or not others_are_well:
        raise SlugRefused(f"The header of {shown(name)} has a number that is none.")
    if prefix[0]:
        # GNU tar takes these bytes for times, others for the start of the name.
        if magic != USTAR:
            raise _read_in_two_ways(name)
        name = _up_to_nul(prefix) + b"/" + name
    return _Header(name, permissions, length, type_, _up_to_nul(link))


def _up_to_nul(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


@lru_cache(maxsize=4096)  # Most members have most of their numbers in common.
def _number(field: bytes) -> int | None:
    """Read an octal number, or one in base 256; only times are below zero."""
    if field[0] in {BASE_256, NEGATIVE}:
        return int.from_bytes(
            b"\0" + field[1:] if field[0] == BASE_256 else field, signed=True
        )
    octal = OCTAL.fullmatch(_up_to_nul(field))
    return int(octal[1] or b"0", 8) if octal else None


@lru_cache(maxsize=256)
def _are_numbers(fields: bytes) -> bool:
    starts = range(0, len(fields), SHORT_NUMBER)
    return all(_number(fields[at : at + SHORT_NUMBER]) is not None for at in starts)


def _member(header: _Header, overrides: dict[bytes, bytes]) -> Member:
    name = overrides.get(b"path", header.name)
    link = overrides.get(b"linkpath", header.link)
    size = int(overrides.get(b"size", header.size))
    kind = KINDS.get(header.type)
    if kind is None:
        what = REFUSED_KINDS.get(header.type, "of an unknown kind")
        raise SlugRefused(
            f"{shown(name)} is {what}; a slug holds files, folders and links."
        )
    if header.type == b"\0" and header.name.endswith(b"/"):
        # Before ustar a folder was a file whose name ends so; it still is to some.
        kind = Kind.FOLDER
        if name != header.name:
            raise _read_in_two_ways(name)
    if name.endswith(b"/") and kind is not Kind.FOLDER:
        raise SlugRefused(f"{shown(name)} is {kind.value} with a folder's name.")
    if size and kind is not Kind.FILE:
        raise SlugRefused(f"{shown(name)} is {kind.value}, and yet has contents.")
    return Member(name, kind, header.mode & 0o777, size, link)


def _read_extended(
    stream: Unzipped, header: _Header, limits: Limits
) -> dict[bytes, bytes]:
    """Return what an extended header says of the member that follows."""
    if header.size > limits.header:
        _refuse(
            header,
            f"claims {header.size:,} bytes of header; {limits.header:,} are allowed",
        )
    padded = header.size + -header.size % BLOCK
    payload = stream.take(padded)
    if len(payload) < padded:
        raise SlugRefused("The archive is cut short: it ends within a header.")
    payload = payload[: header.size]
    if header.type in {PAX, PAX_GLOBAL}:
        told = _pax_overrides(header, payload)
    elif payload.endswith(b"\0"):
        told = {LONG[header.type]: payload[:-1]}
    else:
        # Some would read on for it, into the padding.
        _refuse(header, "has no end to its name")
    if not all(told.values()) or not PAX_SIZE.fullmatch(told.get(b"size", b"0")):
        _refuse(header, "says a path or a size that is none")
    return told


def _pax_overrides(header: _Header, payload: bytes) -> dict[bytes, bytes]:
    records = dict(_pax_records(header, payload))
    if any(key.startswith(SPARSE) for key in records):
        _refuse(header, "describes a sparse file; a slug holds whole ones")
    told = {key: value for key, value in records.items() if key in OVERRIDES}
    if header.type == PAX_GLOBAL and told:
        _refuse(header, "would name all members alike")
    return told


def _pax_records(header: _Header, payload: bytes) -> Iterator[tuple[bytes, bytes]]:
    start = 0
    while start < len(payload):
        length = PAX_LENGTH.match(payload, start)
        end = start + int(length[1]) if length else start
        record = payload[length.end() if length else end : end]
        key, equals, value = record[:-1].partition(b"=")
        if not equals or not record.endswith(b"\n") or end > len(payload):
            _refuse(header, "is not well formed")
        yield key, value
        start = end


def _see_to_the_end(stream: Unzipped) -> None:
    if stream.take(BLOCK) != END_MARK:
        raise SlugRefused("The archive is cut short: half of its end mark is missing.")
    for piece in stream.rest():
        if piece.count(0) != len(piece):
            raise SlugRefused("The archive has data after its end mark.")


def _read_in_two_ways(name: bytes) -> SlugRefused:
    return SlugRefused(f"The header of {shown(name)} can be read in two ways.")


def _refuse(header: _Header, what: str) -> NoReturn:
    raise SlugRefused(f"The extended header {shown(header.name)} {what}.")
