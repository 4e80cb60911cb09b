"""Archives built byte by byte, as no honest program would."""

import gzip
import io

from releases.slugs.archive import Inspection, inspect
from releases.slugs.limits import Limits
from releases.slugs.unzipped import Readable

BLOCK = 512
END = bytes(2 * BLOCK)
USTAR, GNU, V7 = b"ustar\x0000", b"ustar  \0", bytes(8)


def header(
    name: bytes,
    *,
    size: int | bytes = 0,
    type_: bytes = b"0",
    mode: bytes = b"0000644\0",
    time: bytes = b"00000000000\0",
    link: bytes = b"",
    magic: bytes = USTAR,
    prefix: bytes = b"",
    checksum: bytes = b"",
) -> bytes:
    """Return one header block; a `size` of bytes is the field as it stands there."""
    field = size if isinstance(size, bytes) else b"%011o\0" % size
    block = b"".join(
        [
            name.ljust(100, b"\0"),
            mode + b"0000000\0" * 2,
            field + time,
            b" " * 8 + type_,
            link.ljust(100, b"\0"),
            magic.ljust(8, b"\0") + bytes(80),
            prefix.ljust(155, b"\0") + bytes(12),
        ]
    )
    assert len(block) == BLOCK
    return block[:148] + (checksum or b"%06o\0 " % sum(block)) + block[156:]


def padded(contents: bytes) -> bytes:
    return contents + bytes(-len(contents) % BLOCK)


def file(name: bytes, contents: bytes = b"x\n", *, mode: bytes = b"0000644\0") -> bytes:
    return header(name, size=len(contents), mode=mode) + padded(contents)


def folder(name: bytes) -> bytes:
    return header(name, type_=b"5", mode=b"0000755\0")


def symlink(name: bytes, target: bytes) -> bytes:
    return header(name, type_=b"2", link=target)


def hard_link(name: bytes, target: bytes) -> bytes:
    return header(name, type_=b"1", link=target)


def extended(type_: bytes, payload: bytes, *, size: int | None = None) -> bytes:
    """Return a pax or GNU header with its payload; `size` is what it claims."""
    claimed = len(payload) if size is None else size
    return header(b"extended", size=claimed, type_=type_) + padded(payload)


def pax(**records: bytes | str) -> bytes:
    return extended(b"x", b"".join(record(k, v) for k, v in records.items()))


def record(key: str, value: bytes | str) -> bytes:
    value = value.encode() if isinstance(value, str) else value
    body = b" %s=%s\n" % (key.encode(), value)
    length = len(body)
    while length != len(body) + len(str(length)):
        length = len(body) + len(str(length))
    return b"%d%s" % (length, body)


def tar_gz(*parts: bytes, end: bytes = END) -> bytes:
    return gzip.compress(b"".join(parts) + end, compresslevel=1, mtime=0)


def look(
    archive: bytes | Readable,
    *,
    limits: Limits | None = None,
    expected_sha256: str = "",
) -> Inspection:
    """Inspect an archive, and see that the copy is the archive."""
    source = io.BytesIO(archive) if isinstance(archive, bytes) else archive
    copy = io.BytesIO()
    inspection = inspect(
        source,
        copy_to=copy,
        limits=limits or Limits(),
        expected_sha256=expected_sha256,
    )
    assert not isinstance(archive, bytes) or copy.getvalue() == archive
    return inspection
