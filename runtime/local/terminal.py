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
from types import FrameType

STANDARD = (0, 1, 2)
PIECE = 64 * 1024
# In seconds, between two looks whether it has ended.
A_MOMENT = 0.1
WISHES = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP)


def run_in_front(start: Callable[[], None], *, user: int) -> int:
    """Have `start` become a program, in a child; return the status that it ended with."""
    ours = [number for number in STANDARD if os.isatty(number)]
    if not ours:
        child = _fork(start)
        with _signals_passed_on(child):
            return _wait(child)
    screen, theirs = pty.openpty()
    # Opened by name, as /dev/stdout, it has to be the user's own.
    os.fchown(theirs, user, -1)
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
        with (
            _signals_passed_on(child),
            _typed_as_it_is(),
            _size_followed(ours[0], screen),
        ):
            return _relay(child, screen, has_keys=0 in ours, to=ours[-1])
    finally:
        os.close(screen)


def _fork(start: Callable[[], None]) -> int:
    pid = os.fork()
    if pid == 0:
        # Of no terminal, and with a group that it can be reached by.
        os.setsid()
        start()
    return pid


def _wait(child: int) -> int:
    return os.waitpid(child, 0)[1]


def _relay(child: int, screen: int, *, has_keys: bool, to: int) -> int:
    """Copy what is typed, and what is printed until the child has ended and all is seen."""
    os.set_blocking(screen, False)
    typed, status = b"", None
    while True:
        status = _end_of(child) if status is None else status
        # What it does not take yet must not keep us from what it prints meanwhile.
        sources = [screen, 0] if has_keys and not typed else [screen]
        targets = [screen] if typed else []
        wait = A_MOMENT if status is None else 0
        readable, writable, _ = select.select(sources, targets, [], wait)
        if screen in readable:
            piece = _read(screen)
            if piece == b"":
                return _wait(child) if status is None else status
            _write(to, piece or b"")
        elif status is not None:
            return status
        if 0 in readable:
            typed = _read(0) or b""
            has_keys = bool(typed)
        if writable:
            with suppress(OSError):
                typed = typed[os.write(screen, typed) :]


def _end_of(child: int) -> int | None:
    ended, status = os.waitpid(child, os.WNOHANG)
    return status if ended else None


def _read(number: int) -> bytes | None:
    """Return what there is, b"" at the end; None is what was there and was withdrawn."""
    try:
        return os.read(number, PIECE)
    except BlockingIOError:
        return None
    except OSError:
        # A terminal that nobody has open any more.
        return b""


def _write(number: int, data: bytes) -> None:
    while data:
        data = data[os.write(number, data) :]


@contextmanager
def _signals_passed_on(child: int) -> Iterator[None]:
    """Leave it to the child and its group what becomes of wishes that all this ends."""

    def pass_on(number: int, _frame: FrameType | None) -> None:
        with suppress(ProcessLookupError):
            os.killpg(child, number)

    before = {number: signal.getsignal(number) for number in WISHES}
    for number, handler in before.items():
        # Under nohup, for one, it is ignored and stays so.
        if handler is not signal.SIG_IGN:
            signal.signal(number, pass_on)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
        # What it did not read was not meant for anyone else: it may have provoked that.
        termios.tcsetattr(0, termios.TCSAFLUSH, before)


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
