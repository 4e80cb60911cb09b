"""How far long work has come, for those who watch a terminal."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from releases.management.console.words import size
from releases.slugs.unzipped import Readable

# A line that moves ten times a second is read as well as one that moves a thousand.
INTERVAL = 0.1


class Terminal(Protocol):
    def isatty(self) -> bool: ...
    def write(self, msg: str = ..., *, ending: str | None = ...) -> object: ...
    def flush(self) -> None: ...


class Progress:
    """Counts on one line of `terminal`, which is gone at the end.

    Silent where standard error is no terminal. `say` words a number; by default they
    are bytes.
    """

    def __init__(
        self,
        what: str,
        terminal: Terminal,
        *,
        total: int = 0,
        say: Callable[[int], str] = size,
    ) -> None:
        self._what = what
        self._terminal = terminal
        self._total = total
        self._say = say
        self._done = 0
        self._next = time.monotonic() + INTERVAL if terminal.isatty() else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.clear()

    def advance(self, amount: int) -> None:
        self._done += amount
        now = time.monotonic()
        if self._next is None or now < self._next:
            return
        self._next = now + INTERVAL
        of = f" of {self._say(self._total)}" if self._total else ""
        self._write(f"\r\033[K{self._what} {self._say(self._done)}{of}")

    def clear(self) -> None:
        if self._next is not None:
            self._write("\r\033[K")

    def _write(self, text: str) -> None:
        self._terminal.write(text, ending="")
        self._terminal.flush()


class Counted:
    """A stream that tells `progress` how much was read of it."""

    def __init__(self, stream: Readable, progress: Progress) -> None:
        self._stream = stream
        self._progress = progress

    def read(self, amount: int, /) -> bytes:
        chunk = self._stream.read(amount)
        self._progress.advance(len(chunk))
        return chunk
