"""Where things lie: a folder for each process, and a file for each log.

Launchers import this, too: nothing large, nothing of Django.
"""

import fcntl
import json
import os
from pathlib import Path
from typing import IO, Any


class Place:
    """The folder of a process, for as long as there is one.

    `program` is there as long as the process should run, and `lock` is held as long as
    its launcher lives. `spec` has its config vars.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = folder / "program.conf"
        self.spec = folder / "spec.json"
        self.status = folder / "status.json"
        self.lock = folder / "lock"

    def is_held(self) -> bool:
        """Whether a launcher has it."""
        try:
            with self.lock.open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def hold(self) -> IO[bytes]:
        """Take it for a launcher, after any other has let go of it."""
        lock = self.lock.open("wb")
        fcntl.flock(lock, fcntl.LOCK_EX)
        return lock


def log_file(folder: Path, app_id: object, name: str) -> Path:
    """Return the log of a process, the older half of which is beside it (`older`)."""
    return folder / "logs" / str(app_id) / f"{name.replace('/', '_')}.log"


def older(log: Path) -> Path:
    return log.with_name(f"{log.name}.1")


def write_json(path: Path, content: dict[str, Any]) -> None:
    write_private(path, json.dumps(content))


def read_json(path: Path) -> dict[str, Any] | None:
    """Read what `write_json` wrote, if it did; a machine that lost power may have less."""
    try:
        content = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def write_private(path: Path, text: str) -> None:
    """Write a file for this user alone: all of it or none, even if the power fails."""
    draft = path.with_name(f".{path.name}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    draft.replace(path)
