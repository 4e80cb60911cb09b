"""A child in front of whoever started it, in a terminal of its own.

Theirs stays theirs: a program of another user that has it open could read what they type
next, and type for them. What is no terminal, a pipe or a file, is handed on as it is.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

STANDARD = (0, 1, 2)
PIECE = 64 * 1024
# In seconds, between two looks whether it has ended.
A_MOMENT = 0.1


def run_in_front(start: Callable[[], None]) -> int:
    """Have `start` become a program, in a child; return the status that it ended with."""
    ours = [number for number in STANDARD if os.isatty(number)]
    if not ours:
        return _wait(_fork(start))
    screen, theirs = pty.openpty()
    _copy_size(ours[0], screen)

    def start_there() -> None:
        os.close(screen)
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
        for number in ours:
            os.dup2(theirs, number)
        os.close(theirs)
        start()

    try:
        child = _fork(start_there)
        os.close(theirs)
        with _typed_as_it_is(), _size_followed(ours[0], screen):
            return _relay(child, screen, has_keys=0 in ours, to=ours[-1])
    finally:
        os.close(screen)


def _fork(start: Callable[[], None]) -> int:
    pid = os.fork()
    if pid == 0:
        # Of no terminal; and Ctrl-C, which is ours, is not sent to it.
        os.setsid()
        start()
    return pid


def _wait(child: int) -> int:
    return os.waitpid(child, 0)[1]


def _relay(child: int, screen: int, *, has_keys: bool, to: int) -> int:
    """Copy what is typed and what is printed until the child has ended."""
    sources = [screen, 0] if has_keys else [screen]
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        ready = select.select(sources, [], [], 0 if ended else A_MOMENT)[0]
        if screen in ready:
            piece = _read(screen)
            if not piece:
                return status if ended else _wait(child)
            _write(to, piece)
        elif ended:
            return status
        if 0 in ready and not ended:
            typed = _read(0)
            if not typed:
                sources.remove(0)
            _write(screen, typed)


def _read(number: int) -> bytes:
    # A terminal that nobody has open any more is at its end.
    with suppress(OSError):
        return os.read(number, PIECE)
    return b""


def _write(number: int, data: bytes) -> None:
    while data:
        data = data[os.write(number, data) :]


@contextmanager
def _typed_as_it_is() -> Iterator[None]:
    """Let keys through as they are typed: it is the other terminal that minds them."""
    if not os.isatty(0):
        yield
        return
    before = termios.tcgetattr(0)
    try:
        tty.setraw(0)
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)


@contextmanager
def _size_followed(terminal: int, screen: int) -> Iterator[None]:
    before = signal.signal(signal.SIGWINCH, lambda *_: _copy_size(terminal, screen))
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)


def _copy_size(source: int, to: int) -> None:
    nothing = struct.pack("HHHH", 0, 0, 0, 0)
    fcntl.ioctl(
        to, termios.TIOCSWINSZ, fcntl.ioctl(source, termios.TIOCGWINSZ, nothing)
    )
