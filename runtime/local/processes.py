"""The processes of apps on this machine: what a driver is asked for, but the router's part.

A process has a place, a folder of files, as long as it is there. Its program file says
that it should run; supervisord follows those, also when it is started anew. The launcher
that it starts writes down how the process is doing, and holds a lock while it lives.
"""

import os
import shutil
import signal
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

from dashboard.machine.system_room import open_folder
from runtime.driver import Seen, Spec, Status
from runtime.local import kernel
from runtime.local.copies import Copies
from runtime.local.places import Place, log_file, read_json, write_json
from runtime.local.process_log import last_lines
from runtime.local.supervisor import Supervisor

# The users that apps run as where Rollbook is root: this and the app's number. None of
# them is in /etc/passwd, and nothing else on a machine should count this high.
FIRST_USER = 200_000
MEGABYTE = 2**20
# How long a launcher may take to start, in seconds.
PATIENCE = 5.0
KILLED = -signal.SIGKILL


class Processes:
    """Starts processes and stops them. There may be one of these at a time."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or settings.RUNTIME_FOLDER
        self._places = self.folder / "processes"
        self._places.mkdir(mode=0o700, exist_ok=True)
        self._copies = Copies(open_folder(self.folder / "code"))
        self._supervisor = Supervisor(self.folder)

    def seen(self) -> Mapping[UUID, Seen]:
        """Return all processes there are, and let go of what has stopped."""
        self._supervisor.follow()
        found: dict[UUID, Seen] = {}
        for place in self._all_places():
            seen = _seen(place)
            if seen:
                found[_process_id(place)] = seen
            else:
                self._supervisor.stop(place)
                self._clear(place)
        return found

    def is_prepared(self, spec: Spec) -> bool:
        return self._copies.is_prepared(spec.id, spec.blob, user_of(spec))

    def start(self, spec: Spec) -> None:
        place = self._place(spec.id)
        if place.program.exists() or place.is_held():
            return
        place.folder.mkdir(mode=0o700, exist_ok=True)
        write_json(place.spec, self._instructions(spec))
        self._supervisor.start(place)

    def stop(self, process_id: UUID) -> None:
        place = self._place(process_id)
        if place.folder.exists():
            # A launcher that has not read it by now starts nothing.
            place.spec.unlink(missing_ok=True)
            self._supervisor.stop(place)

    def forget(self, process_id: UUID) -> None:
        """Remove what is kept of a process, once it is gone: that may be later."""
        self.stop(process_id)
        place = self._place(process_id)
        if not place.is_held():
            self._clear(place)

    def keep_ready(self, blobs: Mapping[str, int]) -> None:
        places = self._all_places()
        specs = [spec for place in places if (spec := read_json(place.spec))]
        self._copies.keep_ready(
            blobs,
            in_use={spec["blob"] for spec in specs},
            processes=[_process_id(place) for place in places],
        )

    def last_lines(self, app_id: UUID, name: str, version: int, most: int) -> list[str]:
        return last_lines(
            log_file(self.folder, app_id, name), version=version, most=most
        )

    def _place(self, process_id: UUID) -> Place:
        return Place(self._places / str(process_id))

    def _all_places(self) -> list[Place]:
        return [Place(each) for each in self._places.iterdir() if _is_id(each.name)]

    def _clear(self, place: Place) -> None:
        """Remove all that there is of a process that has stopped."""
        # Of a launcher that was killed, and not started again.
        kernel.kill_all_having(mark_of(_process_id(place)))
        self._copies.remove(_process_id(place))
        shutil.rmtree(place.folder, ignore_errors=True)

    def _instructions(self, spec: Spec) -> dict[str, object]:
        """Say to a launcher what it has to know. There are config vars in it."""
        return {
            **what_to_become(spec, self._copies.home(spec.id)),
            "mark": mark_of(spec.id),
            "blob": spec.blob,
            "version": spec.version,
            "once": spec.once,
            "log": str(log_file(self.folder, spec.app_id, spec.name)),
            "log_bytes": settings.LOG_MEGABYTES * MEGABYTE,
            "stop_within": settings.STOP_WITHIN,
        }


def what_to_become(spec: Spec, folder: Path) -> dict[str, object]:
    """Say what a process of an app is: who, where, with which limits (child.become)."""
    user = user_of(spec)
    is_own_user = user != os.geteuid()
    return {
        "command": spec.command,
        "environment": dict(spec.environment),
        "folder": str(folder),
        "user": user if is_own_user else None,
        "limits": _limits(is_own_user=is_own_user),
    }


def _limits(*, is_own_user: bool) -> dict[str, int]:
    """Return what a process may have at most. A setting of 0 sets no limit."""
    wanted = {
        # Not address space: what reserves much and uses little would not even start.
        "DATA": settings.PROCESS_MEMORY * MEGABYTE,
        "NOFILE": settings.PROCESS_FILES,
        # Counted by user: as a plain user, whatever else that one runs would count, too.
        "NPROC": settings.PROCESS_TASKS if is_own_user else 0,
    }
    return {"CORE": 0, **{name: most for name, most in wanted.items() if most}}


def _seen(place: Place) -> Seen | None:
    """Return how a process is doing by what its launcher wrote; None if it is gone."""
    # In this order: a launcher holds its place before it writes.
    is_wanted, is_held = place.program.exists(), place.is_held()
    told = read_json(place.status)
    if not is_wanted and not is_held:
        return None
    if told is None:
        began = place.folder.stat().st_mtime
        is_late = not is_held and time.time() - began > PATIENCE
        return Seen(Status.BACKING_OFF if is_late else Status.RUNNING, _time(began))
    seen = Seen(
        Status(told["status"]), _time(told["since"]), told["ends"], told["exit_code"]
    )
    if is_held or told["once"]:
        return seen
    # Its launcher was killed, and it with that; supervisord is about to start another.
    return Seen(Status.BACKING_OFF, seen.since, seen.ends, KILLED)


def _is_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


def _process_id(place: Place) -> UUID:
    return UUID(place.folder.name)


def mark_of(process_id: object) -> str:
    """Return what every process has in its environment, whatever it forks."""
    return f"HEROKU_DYNO_ID={process_id}"


def user_of(spec: Spec) -> int:
    user = os.geteuid()
    return FIRST_USER + spec.app_number if user == 0 else user


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
