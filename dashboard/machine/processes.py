"""Child processes that do not outlive the process that started them, however it ends."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1

# Reads until the process at the other end of the pipe has gone, then passes the word on.
GUARD = """
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
sys.stdin.buffer.read()
try:
    os.kill(int(sys.argv[1]), int(sys.argv[2]))
except ProcessLookupError:
    pass
"""


class Child:
    """A process in a session of its own, so that Ctrl-C reaches only who started it.

    When this process dies, of kill -9 too, the child gets `death_signal`: from the kernel
    on Linux, from a guard process elsewhere. Start children from the main thread: the
    kernel takes the end of the thread that started a child for the end of its parent.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        death_signal: signal.Signals,
        user: pwd.struct_passwd | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        keep: Sequence[int] = (),
        output: IO[bytes] | None = None,
        guarded: bool = sys.platform != "linux",
    ) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=env,
            cwd=cwd,
            pass_fds=keep,
            start_new_session=True,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            # No exec'd helper can do this: it would itself need to be reachable by `user`.
            preexec_fn=None if guarded else _die_with_parent(death_signal),  # noqa: PLW1509
        )
        self.pid = self.process.pid
        self._guard = _guard(self.pid, death_signal) if guarded else None

    def ended(self) -> bool:
        return self.process.poll() is not None

    def stop(
        self, wish: signal.Signals, *, patience: float, force: signal.Signals
    ) -> None:
        """Ask with `wish`; after `patience` seconds, do not ask but `force`."""
        if self._guard:
            # First of all: once the child is reaped, its number may become another's.
            self._guard.kill()
            self._guard.wait()
        self.process.send_signal(wish)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.send_signal(force)
            self.process.wait()

    def kill_rest(self) -> None:
        """Kill what the ended child left behind in its process group."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def in_the_child() -> None:
        if libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
        # The parent may have gone before the kernel knew that we care.
        if os.getppid() != parent:
            os._exit(1)

    return in_the_child


def _guard(pid: int, death_signal: signal.Signals) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        GUARD,
        str(pid),
        str(int(death_signal)),
    ]
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
