"""What the kernel does to keep hold of processes: all of it on Linux, elsewhere a part.

Launchers import this, of which there is one a process: nothing large, nothing of Django.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 36, 38
# For what was killed to go, in seconds, and between two looks.
PATIENCE, A_MOMENT = 5.0, 0.01
# Before anyone gives up a user that may read the library.
_libc = ctypes.CDLL(None, use_errno=True)


def adopt_orphans() -> None:
    """Become the parent of all below that lose theirs, so that none gets away."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def gain_no_privileges() -> None:
    """Give up what programs gain that belong to another user."""
    _prctl(PR_SET_NO_NEW_PRIVS, 1)


def die_with(parent: int) -> None:
    """Be killed when `parent` is. A change of user would undo it: that comes first."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # It may have gone before the kernel knew that we care.
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def descendants(pid: int) -> set[int]:
    """Return the children of a process, theirs, and so on."""
    parents = dict(_parents())
    found = {pid}
    while more := {each for each, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def send_below(number: signal.Signals, *, leader: int | None) -> None:
    """Send a signal to all below us; where the kernel does not say who, to one's group."""
    for pid in descendants(os.getpid()):
        _send(pid, number)
    if sys.platform != "linux" and leader:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, number)


def kill_all_having(mark: str) -> bool:
    """Kill what was started with `mark` in its environment; whether there was any."""
    give_up = time.monotonic() + PATIENCE
    found = False
    while (left := _having(mark)) and time.monotonic() < give_up:
        found = True
        for pid in left:
            _send(pid, signal.SIGKILL)
        time.sleep(A_MOMENT)
    return found


def _having(mark: str) -> list[int]:
    wanted = b"\0" + mark.encode() + b"\0"
    found = []
    for pid in _pids():
        # Gone meanwhile, or of another user.
        with suppress(OSError), open(f"/proc/{pid}/environ", "rb") as environ:  # noqa: PTH123
            if wanted in b"\0" + environ.read():
                found.append(pid)
    return found


def _send(pid: int, number: signal.Signals) -> None:
    # It may have ended; and where it could gain privileges, may be another's.
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _parents() -> Iterator[tuple[int, int]]:
    for pid in _pids():
        with suppress(OSError), open(f"/proc/{pid}/stat", "rb") as stat:  # noqa: PTH123
            # The command before it may have spaces and parentheses of its own.
            yield pid, int(stat.read().rpartition(b")")[2].split()[1])


def _pids() -> list[int]:
    with suppress(FileNotFoundError):
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
    return []


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        numbers = (ctypes.c_ulong(each) for each in (value, 0, 0, 0))
        if _libc.prctl(option, *numbers) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
