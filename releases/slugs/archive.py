"""One pass over a hostile `.tar.gz`: hashed, copied, listed, or refused."""

import hashlib
import re
from dataclasses import dataclass
from typing import BinaryIO

from releases.slugs.errors import SlugRefused, shown
from releases.slugs.limits import Limits
from releases.slugs.manifest import encode
from releases.slugs.tar import Kind, Member, members
from releases.slugs.tree import Layout, Tree
from releases.slugs.unzipped import PIECE, Readable, Unzipped

PROCFILES = {Layout.HEROKU: b"app/Procfile", Layout.PLAIN: b"Procfile"}
# Heroku's syntax; lines that are anything else say nothing.
PROCESS_TYPE = re.compile(r"([A-Za-z0-9_-]+):\s*(?=\S)([^\x00-\x08\x0a-\x1f\x7f]+)")


@dataclass(frozen=True)
class Inspection:
    """What an archive turned out to hold.

    `size` is of the compressed bytes, which `sha256` is over. Paths in the manifest are
    relative to the root of the tree, in either layout.
    """

    sha256: str
    size: int
    unpacked_size: int
    file_count: int
    manifest: bytes
    process_types: dict[str, str]
    layout: Layout


def inspect(
    source: Readable, *, copy_to: BinaryIO, limits: Limits, expected_sha256: str = ""
) -> Inspection:
    """Read an archive to its end, copying its bytes as they are, and list its tree.

    Raises SlugRefused for whatever no honest archive has, with part of it copied; what
    `source` raises passes through.
    """
    stream = Unzipped(source, copy_to, limits)
    tree = Tree(limits)
    procfiles: dict[bytes, bytes] = {}
    for member in members(stream, limits):
        path = tree.place(member)
        if member.kind is Kind.FILE:
            if path in PROCFILES.values():
                procfiles[path] = _read_procfile(stream, member, limits)
                digest = hashlib.sha256(procfiles[path]).digest()
            else:
                digest = _digest(stream, member)
            tree.fill(path, member, digest)
    copy_to.flush()

    sha256 = stream.sha256()
    if expected_sha256 and sha256 != expected_sha256.lower():
        raise SlugRefused(
            f"The bytes that arrived have the SHA-256 {sha256}, not {expected_sha256}."
        )
    manifest = encode(tree.entries())
    layout = tree.layout()
    return Inspection(
        sha256=sha256,
        size=stream.size,
        unpacked_size=tree.unpacked_size,
        file_count=tree.file_count,
        manifest=manifest,
        process_types=_process_types(procfiles.get(PROCFILES[layout], b"")),
        layout=layout,
    )


def _digest(stream: Unzipped, member: Member) -> bytes:
    digest = hashlib.sha256()
    missing = member.size
    while missing:
        piece = stream.take(min(missing, PIECE))
        if not piece:
            raise _cut_short(member)
        digest.update(piece)
        missing -= len(piece)
    return digest.digest()


def _read_procfile(stream: Unzipped, member: Member, limits: Limits) -> bytes:
    if member.size > limits.procfile:
        raise SlugRefused(
            f"The Procfile has {member.size:,} bytes; {limits.procfile:,} are allowed."
        )
    contents = stream.take(member.size)
    if len(contents) < member.size:
        raise _cut_short(member)
    return contents


def _cut_short(member: Member) -> SlugRefused:
    return SlugRefused(
        f"The archive is cut short: it ends within {shown(member.name)}."
    )


def _process_types(procfile: bytes) -> dict[str, str]:
    lines = procfile.decode(errors="replace").split("\n")
    found = (PROCESS_TYPE.fullmatch(line.rstrip()) for line in lines)
    return {match[1]: match[2] for match in found if match}
