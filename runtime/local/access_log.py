"""The requests to an app, as the router wrote them down, counted while they come in."""

import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from runtime.driver import Traffic

# What is read at once, of the newest: so many bytes are some 15,000 requests.
MOST = 8 * 2**20
MINUTE = 60
SERVER_ERROR, BAD_GATEWAY = 500, 502


class Ran(NamedTuple):
    """Which release the process at a port runs, and since when."""

    version: int
    since: float


class Answer(NamedTuple):
    """What a line of the log says of a request that an upstream was asked for."""

    version: int
    minute: int
    has_failed: bool


@dataclass
class AccessLog:
    """Counts by release and by minute, as far as the log was read."""

    path: Path
    # By port. A line has the address that was asked last, and the release that was
    # current as the request came in; at a switch these may differ.
    ran: Mapping[int, Ran]
    # How far it was read: a file, and a place in it.
    _number: int | None = None
    _offset: int = 0
    _requests: Counter[tuple[int, int]] = field(default_factory=Counter)
    _failed: Counter[tuple[int, int]] = field(default_factory=Counter)

    def traffic(self, version: int, *, seconds: int) -> Traffic:
        """Return what was answered for a release in the last seconds, to the minute."""
        first = int(time.time() - seconds) // MINUTE
        for line in self._new_lines():
            answer = self._answer(line)
            if answer:
                self._requests[answer.version, answer.minute] += 1
                self._failed[answer.version, answer.minute] += answer.has_failed
        for counts in (self._requests, self._failed):
            for key in [key for key in counts if key[1] < first]:
                del counts[key]
        return Traffic(_of(self._requests, version), _of(self._failed, version))

    def _answer(self, line: bytes) -> Answer | None:
        """Read a line; None is one that no upstream had a part in, such as of a page."""
        try:
            entry = json.loads(line)
        except ValueError:
            # Cut off as the machine was.
            return None
        _, _, port = (entry.get("upstream") or "").rpartition(":")
        if not port.isdigit():
            return None
        ran = self.ran.get(int(port))
        if ran and entry["ts"] - entry["duration"] >= ran.since:
            version = ran.version
        elif entry.get("release", "").isdigit():
            version = int(entry["release"])
        else:
            return None
        return Answer(version, int(entry["ts"]) // MINUTE, _has_failed(entry))

    def _new_lines(self) -> Iterator[bytes]:
        """Give what was added since the last time; at first, of the newest file alone."""
        with ExitStack() as stack:
            for file in self._unread(stack):
                number = _number(file)
                if number == self._number:
                    file.seek(self._offset)
                yield from _rest(file)
                self._number, self._offset = number, file.tell()

    def _unread(self, stack: ExitStack) -> list[BinaryIO]:
        """Open the log, and before it what was moved aside since it was read."""
        newest = _opened(self.path, stack)
        if not newest:
            return []
        if self._number in {None, _number(newest[0])}:
            return newest
        # Listed after the newest is open: one moved in between is there twice, not never.
        names = sorted(self.path.parent.glob(f"{self.path.stem}-*{self.path.suffix}"))
        aside = [file for name in names for file in _opened(name, stack)]
        numbers = [_number(file) for file in aside]
        if self._number in numbers:
            aside = aside[numbers.index(self._number) :]
        return aside if _number(newest[0]) in numbers else aside + newest


def _has_failed(entry: Mapping[str, Any]) -> bool:
    """Whether the app is to blame, as far as the router knows."""
    status = entry["status"]
    if status == BAD_GATEWAY and not _was_sent_whole(entry):
        # A visitor who left while sending looks just like an app that hung up.
        return False
    return bool(status >= SERVER_ERROR or status == 0)


def _was_sent_whole(entry: Mapping[str, Any]) -> bool:
    """Whether all came that was to come; of what is sent in chunks, nobody knows."""
    return str(entry.get("bytes_read")) == (entry.get("length") or "0")


def _of(counts: Counter[tuple[int, int]], version: int) -> int:
    return sum(number for (of, _), number in counts.items() if of == version)


def _opened(path: Path, stack: ExitStack) -> list[BinaryIO]:
    with suppress(FileNotFoundError):
        return [stack.enter_context(path.open("rb"))]
    return []


def _number(file: BinaryIO) -> int:
    """Return what a file is known by, whatever its name."""
    return os.fstat(file.fileno()).st_ino


def _rest(file: BinaryIO) -> Iterator[bytes]:
    """Give the whole lines from here to the end, or the newest of very many."""
    size = os.fstat(file.fileno()).st_size
    if size - file.tell() > MOST:
        file.seek(size - MOST)
        file.readline()
    for line in file:
        if not line.endswith(b"\n"):
            file.seek(-len(line), os.SEEK_CUR)
            return
        yield line
