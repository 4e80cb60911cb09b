"""The log of a process: a line for each that it printed, with its time and release.

    2026-11-25T19:05:54.560Z v12 what it printed
    2026-11-25T19:05:54.561Z v12 -- what is said of it by what runs it

Launchers import this, too: nothing large, nothing of Django.
"""

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

from runtime.local.places import older

LONGEST_LINE = 16_384
# All but tab, and the end of a line: C0 with DEL, and C1 in UTF-8.
CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}".encode()
OWN_WORDS = b"-- "
# A printed line that looks like one of ours gets a space more than it has.
LIKE_OUR_OWN = re.compile(rb"^ *-- ", re.MULTILINE)
STAMP = len("2026-11-25T19:05:54.560Z ")
# How many logs an app has at most: each command that runs once has one of its own.
MOST_LOGS = 100
# How much is read for the last lines, and how much at once.
LOOK_BACK, BLOCK = 8 * 2**20, 64 * 2**10


class ProcessLog:
    """Writes a log. Others may write to it, too: that name in another release.

    It has two files of half the size it may have; full, the newer becomes the older.
    """

    def __init__(self, path: Path, *, version: int, most_bytes: int) -> None:
        self.path = path
        self._release = f"v{version} ".encode()
        self._half = most_bytes // 2
        self._file: IO[bytes] | None = None
        self._rest = b""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_oldest(path)

    def write(self, output: bytes) -> None:
        """Add what was printed; a line that is not ended waits for its end."""
        output = self._rest + output
        end = output.rfind(b"\n") + 1
        output, self._rest = output[:end], output[end:]
        if len(self._rest) > LONGEST_LINE:
            output, self._rest = output + self._rest + b"\n", b""
        if output:
            self._append(_printable(output))

    def end_line(self) -> None:
        """End a line that what printed it did not end."""
        if self._rest:
            self.write(b"\n")

    def say(self, words: str) -> None:
        """Add words of our own about the process."""
        self.end_line()
        self._append(OWN_WORDS + words.encode())

    def close(self) -> None:
        self.end_line()
        self._let_go()

    def _append(self, text: bytes) -> None:
        now = time.time()
        second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
        stamp = f"{second}.{int(now % 1 * 1000):03}Z ".encode() + self._release
        lines = stamp + text.replace(b"\n", b"\n" + stamp) + b"\n"
        # A disk that is full stops the log, and not the app.
        with suppress(OSError):
            file = self._hold()
            size = file.seek(0, os.SEEK_END)
            if size and size + len(lines) > self._half:
                self.path.replace(older(self.path))
                file = self._hold()
            try:
                file.write(lines)
            finally:
                fcntl.flock(file, fcntl.LOCK_UN)

    def _hold(self) -> IO[bytes]:
        """Open and lock the newer file, whoever made it that."""
        while True:
            if self._file is None:
                self._file = _open_private(self.path)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(self._file.fileno()), self.path.stat()):
                    return self._file
            self._let_go()

    def _let_go(self) -> None:
        if self._file:
            self._file.close()
            self._file = None


def last_lines(path: Path, *, version: int, most: int) -> list[str]:
    """Return the newest lines that were printed for a release, oldest first."""
    release = f"v{version} ".encode()
    found: list[str] = []
    for line in _lines_from_end(path):
        if len(found) == most:
            break
        text = line[STAMP:]
        if text.startswith(release) and not text.startswith(release + OWN_WORDS):
            text = text[len(release) :]
            found.append(_as_printed(text).decode(errors="replace"))
    return found[::-1]


def _printable(output: bytes) -> bytes:
    """Return lines, without the end of the last, that cannot be taken for anything else."""
    lines = output.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")
    if max(map(len, lines)) > LONGEST_LINE:
        lines = [piece for line in lines for piece in _pieces(line)]
    text = b"\n".join(lines)
    try:
        text.decode()
    except UnicodeDecodeError:
        text = text.decode(errors="replace").encode()
    text = CONTROL.sub(REPLACEMENT, text)
    return LIKE_OUR_OWN.sub(rb" \g<0>", text) if OWN_WORDS in text else text


def _as_printed(text: bytes) -> bytes:
    return text[1:] if LIKE_OUR_OWN.match(text) else text


def _pieces(line: bytes) -> list[bytes]:
    return [
        line[start : start + LONGEST_LINE]
        for start in range(0, max(1, len(line)), LONGEST_LINE)
    ]


def _lines_from_end(path: Path) -> Iterator[bytes]:
    """Give the newest lines, newest first, of which there are many: as far as we look."""
    with ExitStack() as stack:
        files: list[IO[bytes]] = []
        for each in (path, older(path)):
            with suppress(FileNotFoundError):
                files.append(stack.enter_context(each.open("rb")))
        # Else it became the older one between the two.
        if len({os.fstat(file.fileno()).st_ino for file in files}) < len(files):
            files.pop()
        left = LOOK_BACK
        for file in files:
            rest = b""
            position = file.seek(0, os.SEEK_END)
            while position and left > 0:
                size = min(BLOCK, position)
                position, left = file.seek(position - size), left - size
                # What comes first may begin in the block before it.
                rest, *lines = (file.read(size) + rest).split(b"\n")
                yield from filter(None, reversed(lines))
            if rest and not position:
                yield rest


def _open_private(path: Path) -> IO[bytes]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    return os.fdopen(descriptor, "ab", buffering=0)


def _remove_oldest(path: Path) -> None:
    """Make room for a new log among those of an app."""
    if path.exists():
        return
    # Gone meanwhile: another makes room, too.
    with suppress(FileNotFoundError):
        logs = sorted(
            path.parent.glob("*.log"), key=lambda each: each.stat().st_mtime_ns
        )
        for log in logs[: max(0, len(logs) - MOST_LOGS + 1)]:
            log.unlink()
            older(log).unlink(missing_ok=True)
