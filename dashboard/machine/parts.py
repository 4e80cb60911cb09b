"""What bin/up keeps running: a part that ends by itself is started again."""

import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Protocol

from dashboard.machine.errors import CannotStart

# So many ends of one part within so many seconds are no accident any more.
MOST_ENDS, WITHIN = 5, 60.0


class Stoppable(Protocol):
    """A process, or several that act as one."""

    def ended(self) -> bool: ...

    def stop(self) -> None: ...


@dataclass
class Part:
    name: str
    start: Callable[[], Stoppable]
    running: Stoppable
    ends: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_ENDS))

    def keep(self) -> None:
        """Start it again if it has ended. Refuses to where that happens too often."""
        if not self.running.ended():
            return
        # What it left behind goes first.
        self.running.stop()
        self.ends.append(time.monotonic())
        if len(self.ends) == MOST_ENDS and self.ends[-1] - self.ends[0] < WITHIN:
            raise CannotStart(
                f"The {self.name} ended {MOST_ENDS} times within a minute, so Rollbook"
                " stops."
            )
        sys.stderr.write(f"The {self.name} ended unexpectedly, and is started again.\n")
        self.running = self.start()

    def stop(self) -> None:
        self.running.stop()


class Parts:
    """The parts in the order in which they were started; they stop in the opposite one."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._parts: list[Part] = []

    def start(self, name: str, start: Callable[[], Stoppable]) -> None:
        part = Part(name, start, start())
        self._stack.callback(part.stop)
        self._parts.append(part)

    def keep(self) -> None:
        for part in self._parts:
            part.keep()
