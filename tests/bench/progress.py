"""Saying how far something is, where someone is looking."""

import sys
import time
from collections.abc import Iterable


def say(words: str) -> None:
    """Show `words` in place of the last ones."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{words}")
        sys.stderr.flush()


def say_progress(done: Iterable[int], total: int) -> None:
    """Show how many of `total` releases there are, as they come up, and for how long yet."""
    began = time.perf_counter()
    count = 0
    for more in done:
        count += more
        elapsed = time.perf_counter() - began
        left = elapsed / count * (total - count)
        say(f"Filling: {count:,} of {total:,} releases, {left:.0f} s to go")
    say("")
