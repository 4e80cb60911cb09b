"""What bin/up keeps running: a part that ends by itself is started again."""

import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Protocol

from dashboard.machine.errors import CannotStart

# So many ends of one part within so many seconds are no accident any more: from then on
# it is given some time between them.
MOST_ENDS, WITHIN, PAUSE = 5, 60.0, 10.0


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
    not_before: float = 0.0

    def keep(self) -> None:
        """Start it again if it has ended, less often where that happens again and again."""
        now = time.monotonic()
        if now < self.not_before or not self.running.ended():
            return
        # What it left behind goes first.
        self.running.stop()
        self.ends.append(now)
        if len(self.ends) == MOST_ENDS and now - self.ends[0] < WITHIN:
            self.not_before = now + PAUSE
        sys.stderr.write(f"The {self.name} ended unexpectedly, and is started again.\n")
        try:
            self.running = self.start()
        except (CannotStart, OSError) as refusal:
            # What hinders it may go away, and the other parts are needed meanwhile.
            self.not_before = now + PAUSE
            sys.stderr.write(f"{refusal}\n")

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
