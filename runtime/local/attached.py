"""A process in front of whoever started it: its terminal, its end, a copy for it alone."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from django.conf import settings

from dashboard.machine.system_room import open_folder
from releases.slugs.storage import open_blob
from releases.slugs.unpack import unpack
from runtime.driver import Spec
from runtime.local.child import CANNOT_RUN, become
from runtime.local.copies import hand_over
from runtime.local.processes import user_of, what_to_become
from runtime.local.terminal import run_in_front


def run_attached(spec: Spec) -> int:
    """Run a process to its end, and return its exit code; for a signal 128 and more."""
    with _folder() as code:
        with open_blob(spec.blob) as stored:
            unpack(stored, code, sha256=spec.blob)
        # Whatever the archive made of that.
        code.chmod(0o700)
        hand_over(code, user_of(spec))
        return _run(spec, code)


@contextmanager
def _folder() -> Iterator[Path]:
    """Give a folder, which is removed: by the next one, if this one is killed."""
    room = open_folder(settings.RUNTIME_FOLDER / "attached")
    with ExitStack() as ours:
        with _held(room):
            for left in room.iterdir():
                with suppress(OSError), _held(left, wait=False):
                    shutil.rmtree(left, ignore_errors=True)
            folder = Path(tempfile.mkdtemp(dir=room))
            ours.enter_context(_held(folder))
        ours.callback(shutil.rmtree, folder, ignore_errors=True)
        yield folder


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
