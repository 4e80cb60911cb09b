"""Becoming a process of an app: a child of its launcher, with nothing of Rollbook's.

Launchers import this: nothing large, nothing of Django.
"""

import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from runtime.local import kernel

# As Heroku does: what the code has to say on its environment first, then the command.
SCRIPT = (
    'for profile in .profile.d/*.sh .profile; do if [ -f "$profile" ]; then'
    ' . "./$profile"; fi; done; unset profile; exec "$0" -c "$1"'
)
SHELLS = (Path("/bin/bash"), Path("/usr/bin/bash"), Path("/usr/local/bin/bash"))
PATH = "/usr/local/bin:/usr/bin:/bin"
# Nobody else reads what it writes, into /tmp for one.
UMASK = 0o077
CANNOT_RUN = 126


def start_child(spec: dict[str, Any], output: int) -> int:
    """Start what `spec` says, in a session of its own; all that it prints goes to `output`."""
    parent = os.getpid()
    # One that comes before the child has a say would go to the launcher's own handlers.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            _connect(output, spec["user"])
            become(spec, parent)
        except BaseException as error:  # noqa: BLE001  # nothing may return from here
            os.write(2, f"cannot run: {error}\n".encode())
        finally:
            os._exit(CANNOT_RUN)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return pid


def _connect(output: int, user: int | None) -> None:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    if user is not None and sys.platform == "linux":
        # Opened by name, as /dev/stdout, it has to be the user's own.
        os.fchown(output, user, -1)


def become(spec: dict[str, Any], parent: int) -> None:
    """Be the process that `spec` says, from now on; it ends with `parent`."""
    _take_signals()
    for name, most in spec["limits"].items():
        _limit(getattr(resource, f"RLIMIT_{name}"), most)
    user = spec["user"]
    if user is not None:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    os.umask(UMASK)
    os.chdir(spec["folder"])
    kernel.gain_no_privileges()
    kernel.die_with(parent)
    shell = str(next(filter(Path.exists, SHELLS), "/bin/sh"))
    arguments = (shell, "-c", SCRIPT, shell, spec["command"])
    environment = {
        "PATH": PATH,
        "LANG": "C.UTF-8",
        "HOME": spec["folder"],
        **spec["environment"],
    }
    # In bytes: a launcher's own locale is none of their business.
    os.execve(  # noqa: S606  # the shell is the program
        shell,
        [each.encode() for each in arguments],
        {name.encode(): value.encode() for name, value in environment.items()},
    )


def _take_signals() -> None:
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _limit(kind: int, most: int) -> None:
    """Allow so much, or as much as we have ourselves."""
    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    with suppress(ValueError):
        resource.setrlimit(kind, (most, most))
