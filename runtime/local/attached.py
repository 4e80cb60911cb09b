"""A process in front of whoever started it: its terminal, its end, a copy for it alone."""

import os
import shutil
import signal
import tempfile
from pathlib import Path

from django.conf import settings

from dashboard.machine.system_room import open_folder
from releases.slugs.storage import open_blob
from releases.slugs.unpack import unpack
from runtime.driver import Spec
from runtime.local.child import CANNOT_RUN, become
from runtime.local.copies import hand_over
from runtime.local.processes import user_of, what_to_become


def run_attached(spec: Spec) -> int:
    """Run a process to its end, and return its exit code; for a signal 128 and more.

    Ctrl-C is the process's own to deal with.
    """
    room = open_folder(settings.RUNTIME_FOLDER / "attached")
    code = Path(tempfile.mkdtemp(dir=room))
    try:
        with open_blob(spec.blob) as stored:
            unpack(stored, code, sha256=spec.blob)
        # Whatever the archive made of that.
        code.chmod(0o700)
        hand_over(code, user_of(spec))
        return _run(spec, code)
    finally:
        shutil.rmtree(code, ignore_errors=True)


def _run(spec: Spec, code: Path) -> int:
    parent = os.getpid()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    pid = os.fork()
    if pid == 0:
        try:
            become(what_to_become(spec, code), parent)
        except BaseException as error:  # noqa: BLE001  # nothing may return from here
            os.write(2, f"cannot run: {error}\n".encode())
        finally:
            os._exit(CANNOT_RUN)
    try:
        _, status = os.waitpid(pid, 0)
    finally:
        signal.signal(signal.SIGINT, before)
    ended = os.waitstatus_to_exitcode(status)
    return ended if ended >= 0 else 128 - ended
