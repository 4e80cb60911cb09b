"""The files of a slug: sorted by path, one line of JSON an entry, compressed."""

import json
import zlib
from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring as quote
from typing import NamedTuple

# A manifest is written once and its digests do not compress; more effort buys nothing.
COMPRESSION = 3
CHUNK = 64 * 1024
LINES = 1024


class FileEntry(NamedTuple):
    """A file of a slug, or a symbolic link, which has a target instead of contents.

    `mode` is the permission bits alone; `path` is relative to the tree's root.
    """

    path: str
    mode: int
    size: int
    sha256: str
    link: str = ""


def encode(entries: Iterable[FileEntry]) -> bytes:
    """Encode entries that come sorted by path."""
    compressor = zlib.compressobj(COMPRESSION)
    encoded = []
    lines: list[str] = []
    for entry in entries:
        lines.append(_line(entry))
        if len(lines) == LINES:
            encoded.append(compressor.compress("".join(lines).encode()))
            lines.clear()
    encoded.append(compressor.compress("".join(lines).encode()))
    encoded.append(compressor.flush())
    return b"".join(encoded)


def _line(entry: FileEntry) -> str:
    path, mode, size, sha256, link = entry
    # The encoder of the json module takes four times as long over a list so small.
    end = f",{quote(link)}" if link else ""
    return f'[{quote(path)},{mode},{size},"{sha256}"{end}]\n'


def decode(manifest: bytes) -> Iterator[FileEntry]:
    return map(decode_line, lines(manifest))


def lines(manifest: bytes) -> Iterator[bytes]:
    """Give the encoded entries; equal entries have equal lines."""
    decompressor = zlib.decompressobj()
    unfinished = b""
    for start in range(0, len(manifest), CHUNK):
        text = unfinished + decompressor.decompress(manifest[start : start + CHUNK])
        *whole, unfinished = text.split(b"\n")
        yield from whole


def decode_line(line: bytes) -> FileEntry:
    return FileEntry(*json.loads(line))


def paths(manifest: bytes) -> Iterator[str]:
    """Give the path of every entry, sorted."""
    return (entry.path for entry in decode(manifest))
