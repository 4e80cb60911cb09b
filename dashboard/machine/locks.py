"""Files that say, by being locked, that someone is there. The kernel unlocks for the dead."""

import fcntl
import os
from pathlib import Path
from typing import IO


def private_file(path: Path) -> IO[bytes]:
    """Open `path` for this user alone: whoever may open a lock may hold it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    return os.fdopen(descriptor, "r+b", buffering=0)


def locked(file: IO[bytes], kind: int = fcntl.LOCK_EX) -> bool:
    """Lock `file` if that needs no waiting. Processes that inherit it hold it, too."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
