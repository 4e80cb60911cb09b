"""Supervisord, which keeps a launcher for each process: those that have a program file.

bin/up starts it and starts it again; here is what it is started with, and what it is told.
It knows of launchers only. None of its files has anything in it that people typed.
"""

import http.client
import os
import resource
import shlex
import socket
import sys
import time
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings

from dashboard.machine.home import private_folder
from runtime.driver import NotReady
from runtime.local.places import Place, write_private

# In seconds. Looks may follow one another faster: then that it is there is enough.
ANSWERS_WITHIN, ASK_AGAIN = 5.0, 1.0
# Each launcher takes two, and closing them all takes its time at each start.
MOST_FILES = 4_096
# Longer than any launcher takes to end, or what that has below it would outlive it.
LONGER_THAN_A_LAUNCHER = 10

# How supervisord says what is so already, or has to wait.
BAD_NAME, NOT_RUNNING, ALREADY_ADDED, STILL_RUNNING = 10, 70, 90, 91
SHUTTING_DOWN, CANNOT_READ = 6, 92
WITHOUT_WAITING = False

CONFIGURATION = """\
[supervisord]
nodaemon = true
silent = true
{user}minfds = {files}
logfile = {here}/supervisor/log
logfile_maxbytes = 1MB
logfile_backups = 1
loglevel = warn
pidfile = {here}/supervisor/pid

[unix_http_server]
file = {here}/supervisor/socket
chmod = 0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[include]
files = {here}/processes/*/program.conf
"""
# A launcher ends only when told to. It starts what it has again by itself, and does not
# so with what runs once: that supervisord starts it anew is right for both.
PROGRAM = """\
[program:{name}]
command = /bin/sh supervisor/launch {name}
autorestart = true
startsecs = 1
startretries = 1000000
stopsignal = TERM
stopwaitsecs = {patience}
stdout_logfile = NONE
redirect_stderr = true
"""


class Supervisor:
    """The supervisord of a runtime's folder. Only one at a time may tell it things."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._is_told_all = False
        self._answered_at = 0.0
        self._leaving: set[str] = set()

    def command(self) -> list[str]:
        """Return what starts it, in `folder`; all that it needs to start is there then."""
        places = private_folder(self.folder / "processes")
        for file in places.glob("*/program.conf"):
            # One that is damaged would keep it, and with it all apps, from starting.
            _mend(Place(file.parent))
        own = private_folder(self.folder / "supervisor")
        write_private(own / "configuration", _configuration(self.folder))
        launcher = Path(__file__).with_name("launcher.py")
        python = [sys.executable, "-I", "-S", str(launcher)]
        write_private(own / "launch", f'exec {shlex.join(python)} "processes/$1"\n')
        module = ["-m", "supervisor.supervisord"]
        return [sys.executable, "-I", *module, "-c", "supervisor/configuration"]

    def environment(self) -> dict[str, str]:
        """Return all the environment that it has, and launchers have."""
        return {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}

    def stop_all(self) -> None:
        """Ask all processes to end at once: told to end, supervisord asks one by one."""
        with suppress(NotReady):
            self._tell("stopAllProcesses", WITHOUT_WAITING)

    def start(self, place: Place) -> None:
        """Have it start what is at `place`, now and whenever it is started itself."""
        write_private(place.program, _program(place))
        self._is_told_all = False
        self.follow()

    def stop(self, place: Place) -> None:
        place.program.unlink(missing_ok=True)
        self._stop(place.folder.name)

    def follow(self) -> None:
        """See to it that it runs just what has a program file."""
        if not self._is_told_all:
            [[added, _, removed]] = self._tell("reloadConfig")
            for name in added:
                self._is_done("addProcessGroup", name)
            for name in removed:
                self._stop(name)
            self._is_told_all = True
        elif time.monotonic() - self._answered_at > ASK_AGAIN:
            self._tell("getState")
        else:
            self._refuse_if_gone()
        left = [
            name
            for name in self._leaving
            if not self._is_done("removeProcessGroup", name)
        ]
        self._leaving = set(left)

    def _stop(self, name: str) -> None:
        self._leaving.add(name)
        self._is_done("stopProcess", name, WITHOUT_WAITING)

    def _is_done(self, method: str, *arguments: str | bool) -> bool:
        """Tell it something, of which some may be so already; False if it has to wait."""
        try:
            self._tell(method, *arguments)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode == STILL_RUNNING:
                return False
            if fault.faultCode not in {BAD_NAME, NOT_RUNNING, ALREADY_ADDED}:
                words = f"Supervisord did not {method}: {fault.faultString}."
                raise NotReady(words) from fault
        return True

    def _refuse_if_gone(self) -> None:
        connection = _Connection(self.folder)
        try:
            connection.connect()
        except OSError as error:
            raise self._not_ready(error) from error
        finally:
            connection.close()

    def _not_ready(self, why: Exception) -> NotReady:
        self._is_told_all = False
        return NotReady(f"Supervisord does not answer: {why}.")

    def _tell(self, method: str, *arguments: str | bool) -> Any:
        try:
            with xmlrpc.client.ServerProxy(
                "http://localhost", transport=_Transport(self.folder)
            ) as proxy:
                answer = getattr(proxy.supervisor, method)(*arguments)
        except (OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
            if isinstance(error, xmlrpc.client.Fault) and error.faultCode not in {
                SHUTTING_DOWN,
                CANNOT_READ,
            }:
                raise
            raise self._not_ready(error) from error
        self._answered_at = time.monotonic()
        return answer


class _Transport(xmlrpc.client.Transport):
    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = _Connection(self._folder)
        # Where it is looked for when it is to be closed.
        self._connection = host, connection
        return connection


class _Connection(http.client.HTTPConnection):
    def __init__(self, folder: Path) -> None:
        super().__init__("localhost", timeout=ANSWERS_WITHIN)
        self._folder = folder

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        with _short(self._folder) as folder:
            self.sock.connect(f"{folder}/supervisor/socket")


@contextmanager
def _short(folder: Path) -> Iterator[str]:
    """Give a name of `folder` that fits where a socket's name has to."""
    if sys.platform != "linux":
        yield str(folder)
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _program(place: Place) -> str:
    return PROGRAM.format(
        name=place.folder.name,
        patience=settings.STOP_WITHIN + LONGER_THAN_A_LAUNCHER,
    )


def _mend(place: Place) -> None:
    """Write a program file anew if it is not as it should be, and still there."""
    program = _program(place)
    with suppress(FileNotFoundError):
        if place.program.read_bytes() != program.encode():
            write_private(place.program, program)


def _configuration(folder: Path) -> str:
    # Else of any length, and with characters in it that mean something there.
    here = "/proc/self/cwd" if sys.platform == "linux" else str(folder)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return CONFIGURATION.format(
        here=here.replace("%", "%%"),
        user="user = root\n" if os.geteuid() == 0 else "",
        files=MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard),
    )
