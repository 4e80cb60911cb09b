"""The bytes inside a gzip stream, with the compressed ones hashed and copied on the way."""

import hashlib
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from releases.slugs.errors import SlugRefused
from releases.slugs.limits import Limits

GZIP_MAGIC = b"\x1f\x8b"
CHUNK = 64 * 1024
PIECE = 256 * 1024
# zlib checks the gzip header, the CRC and the length itself.
GZIP_FRAMING = 16 + zlib.MAX_WBITS


class Readable(Protocol):
    """Where an archive comes from; only ever read forwards."""

    def read(self, size: int, /) -> bytes: ...


class Unzipped:
    """A forward reader over one gzip member that must be all there is.

    Never holds more than one chunk and one piece, whatever the stream unpacks to.
    """

    def __init__(self, source: Readable, copy_to: BinaryIO, limits: Limits) -> None:
        self.size = 0
        self.unpacked = 0
        self._source = source
        self._copy_to = copy_to
        self._limits = limits
        self._sha256 = hashlib.sha256()
        self._gzip = zlib.decompressobj(wbits=GZIP_FRAMING)
        self._piece = b""
        self._position = 0

    def sha256(self) -> str:
        return self._sha256.hexdigest()

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes, fewer only at the end of the stream."""
        end = self._position + size
        if end <= len(self._piece):
            taken = self._piece[self._position : end]
            self._position = end
            return taken
        return b"".join(self.pieces(size))

    def pieces(self, size: int) -> Iterator[bytes]:
        """Give the next `size` bytes piece by piece, fewer only at the end."""
        while size:
            if self._position == len(self._piece):
                self._piece = self._next_piece()
                self._position = 0
                if not self._piece:
                    return
            piece = self._piece[self._position : self._position + size]
            self._position += len(piece)
            size -= len(piece)
            yield piece

    def rest(self) -> Iterator[bytes]:
        """Give everything up to the end of the stream, and see that it is the end."""
        yield from self.pieces(self._limits.unpacked + 1)

    def _next_piece(self) -> bytes:
        while not self._gzip.eof:
            compressed = self._gzip.unconsumed_tail or self._read()
            piece = self._decompress(compressed)
            if piece:
                self._count(piece)
                return piece
            if not compressed and not self._gzip.eof:
                raise SlugRefused(
                    "The archive is cut short: its gzip stream has no end."
                )
        self._refuse_trailing_bytes()
        return b""

    def _decompress(self, compressed: bytes) -> bytes:
        try:
            return self._gzip.decompress(compressed, PIECE)
        except zlib.error as error:
            if not self.unpacked and compressed[:2] != GZIP_MAGIC:
                raise SlugRefused("The archive is not compressed with gzip.") from error
            raise SlugRefused(f"The archive is damaged: {error}.") from error

    def _read(self) -> bytes:
        chunk = self._source.read(CHUNK)
        self.size += len(chunk)
        if self.size > self._limits.compressed:
            raise SlugRefused(
                f"The archive is larger than {self._limits.compressed:,} bytes."
            )
        self._sha256.update(chunk)
        self._copy_to.write(chunk)
        return chunk

    def _count(self, piece: bytes) -> None:
        self.unpacked += len(piece)
        if self.unpacked > self._limits.unpacked:
            raise SlugRefused(
                f"The archive unpacks to more than {self._limits.unpacked:,} bytes."
            )
        if self.unpacked > max(self._limits.ratio_from, self._limits.ratio * self.size):
            raise SlugRefused(
                "The archive unpacks to more than"
                f" {self._limits.ratio} times its size, as only a bomb does."
            )

    def _refuse_trailing_bytes(self) -> None:
        trailing = self._gzip.unused_data or self._read()
        if trailing.startswith(GZIP_MAGIC):
            raise SlugRefused(
                "The archive is made of several gzip streams, not of one."
            )
        if trailing:
            raise SlugRefused("The archive has bytes after the end of its gzip stream.")
