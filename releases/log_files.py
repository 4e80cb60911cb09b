"""Log files, read at their ends: the newest lines before a mark, and what came after it.

Never the whole of a file: how much is read is bounded, and so is each line.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

CHUNK = 64 * 1024
LINE_LIMIT = 64 * 1024
# How far back a log is read, and how much of what came after a mark.
READ_BACK = 16 * 2**20
READ_ON = 256 * 1024


@dataclass(frozen=True)
class Mark:
    """A place between two lines: in this file, whatever it is called by now."""

    inode: int
    offset: int


@dataclass(frozen=True)
class Added:
    """What came after a mark, and the next one. `skipped` bytes were too many to read."""

    lines: Sequence[bytes]
    mark: Mark | None
    skipped: int = 0


@dataclass(frozen=True)
class LogFile:
    """A file that lines are added to, and that is renamed at times to make place for a new one.

    `rotated` is the pattern of the names it then gets; they tell the order.
    """

    path: Path
    rotated: str

    def mark(self) -> Mark | None:
        """Return the end of the log, before a line that is not whole yet."""
        with ExitStack() as stack:
            for file in self._newest_first(stack):
                return Mark(_inode(file), _end_of_lines(file))
        return None

    def before(self, mark: Mark) -> Iterator[bytes]:
        """Give the lines before `mark`, newest first, as far back as is read at all."""
        left = READ_BACK
        with ExitStack() as stack:
            files = self._newest_first(stack)
            for number, file in enumerate(_from(mark, files)):
                end = _size(file) if number else min(mark.offset, _size(file))
                yield from _lines_back(file, end, stop=max(0, end - left))
                left -= end
                if left <= 0:
                    return

    def after(self, mark: Mark | None) -> Added:
        """Return the lines after `mark`, oldest first; without one, from the start."""
        lines: list[bytes] = []
        skipped = 0
        with ExitStack() as stack:
            files = self._newest_first(stack)
            ahead = _up_to(mark, files)
            for number, file in enumerate(reversed(ahead)):
                start = mark.offset if mark and not number and _has(mark, file) else 0
                found, jumped, end = _lines_on(file, start)
                lines += found
                skipped += jumped
                mark = Mark(_inode(file), end)
        return Added(lines, mark, skipped)

    def _newest_first(self, stack: ExitStack) -> list[IO[bytes]]:
        """Open the file and those rotated away, in an order that loses none to a rotation."""
        found: dict[int, IO[bytes]] = {}
        rotated = self.path.parent.glob(self.rotated)
        for path in [self.path, *sorted(rotated, reverse=True)]:
            with suppress(FileNotFoundError):
                file = stack.enter_context(path.open("rb"))
                # Rotated just now, it comes a second time.
                found.setdefault(_inode(file), file)
        return list(found.values())


def _from(mark: Mark, files: Sequence[IO[bytes]]) -> Sequence[IO[bytes]]:
    """Return the file that `mark` is in, and the older ones."""
    for number, file in enumerate(files):
        if _inode(file) == mark.inode:
            return files[number:]
    return []


def _up_to(mark: Mark | None, files: Sequence[IO[bytes]]) -> Sequence[IO[bytes]]:
    """Return the newer files than the one that `mark` is in, and that, if it is there."""
    for number, file in enumerate(files):
        if mark and _has(mark, file):
            return files[: number + 1]
    return files[:1]


def _has(mark: Mark, file: IO[bytes]) -> bool:
    """Whether `mark` is in this file, and in no earlier one that had its number."""
    return _inode(file) == mark.inode and mark.offset <= _size(file)


def _lines_back(file: IO[bytes], end: int, *, stop: int) -> Iterator[bytes]:
    rest = b""
    while end > stop:
        start = max(stop, end - CHUNK)
        file.seek(start)
        first, *whole = (file.read(end - start) + rest).split(b"\n")
        yield from (line[:LINE_LIMIT] for line in reversed(whole) if line)
        # Read backwards, what was read last is where a long line begins.
        rest = first[:LINE_LIMIT]
        end = start
    if rest and not stop:
        yield rest


def _lines_on(file: IO[bytes], start: int) -> tuple[list[bytes], int, int]:
    """Return whole lines from `start` on, how many bytes were skipped, and where they end."""
    size = _size(file)
    jumped = max(0, size - start - READ_ON)
    start += jumped
    file.seek(start)
    text = file.read(size - start)
    end = text.rfind(b"\n") + 1
    # A jump does not end where a line begins.
    begin = text.find(b"\n") + 1 if jumped else 0
    lines = [line[:LINE_LIMIT] for line in text[begin:end].split(b"\n") if line]
    return lines, jumped, start + end


def _end_of_lines(file: IO[bytes]) -> int:
    size = _size(file)
    start = max(0, size - LINE_LIMIT)
    file.seek(start)
    found = file.read(size - start).rfind(b"\n")
    return start + found + 1 if found >= 0 else size


def _inode(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_ino


def _size(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_size
