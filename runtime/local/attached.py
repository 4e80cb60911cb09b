"""A process in front of whoever started it: its terminal, its end, a copy for it alone."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import UUID

from django.conf import settings

from dashboard.machine.system_room import open_folder
from releases.slugs.storage import open_blob
from releases.slugs.unpack import unpack
from runtime.driver import Spec
from runtime.local.child import CANNOT_RUN, become
from runtime.local.copies import delete, hand_over
from runtime.local.kernel import kill_all_having
from runtime.local.processes import mark_of, user_of, what_to_become
from runtime.local.terminal import run_in_front


def run_attached(spec: Spec) -> int:
    """Run a process to its end, and return its exit code; for a signal 128 and more."""
    with _folder(spec.id) as code:
        with open_blob(spec.blob) as stored:
            unpack(stored, code, sha256=spec.blob)
        # Whatever the archive made of that.
        code.chmod(0o700)
        hand_over(code, user_of(spec))
        return _run(spec, code)


def remove_leftovers() -> None:
    """Remove what is there of processes whose `manage.py run` was killed."""
    room = _room()
    with _held(room):
        for left in room.iterdir():
            with suppress(OSError), _held(left, wait=False):
                _remove(left)


@contextmanager
def _folder(process_id: UUID) -> Iterator[Path]:
    """Give a process a folder, which is removed as it ends, and what it left running."""
    remove_leftovers()
    room = _room()
    with ExitStack() as ours:
        with _held(room):
            folder = room / str(process_id)
            folder.mkdir(mode=0o700)
            ours.enter_context(_held(folder))
        ours.callback(_remove, folder)
        yield folder


def _room() -> Path:
    return open_folder(settings.RUNTIME_FOLDER / "attached")


def _remove(folder: Path) -> None:
    kill_all_having(mark_of(folder.name))
    delete(folder)


@contextmanager
def _held(folder: Path, *, wait: bool = True) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


def _run(spec: Spec, code: Path) -> int:
    parent = os.getpid()

    def start() -> None:
        try:
            become(what_to_become(spec, code), parent)
        except BaseException as error:  # noqa: BLE001  # nothing may return from here
            os.write(2, f"cannot run: {error}\n".encode())
        finally:
            os._exit(CANNOT_RUN)

    ended = os.waitstatus_to_exitcode(run_in_front(start, user=user_of(spec)))
    return ended if ended >= 0 else 128 - ended
