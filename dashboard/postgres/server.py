"""Starting and stopping a home's PostgreSQL, one at a time."""

import fcntl
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dashboard.machine.errors import CannotStart, InUse
from dashboard.machine.locks import alive, locked, private_file
from dashboard.machine.processes import Child
from dashboard.postgres.cluster import make_cluster, write_access_rules
from dashboard.postgres.room import Room, open_room

# How long the end of another server, its last checkpoint included, may take.
PATIENCE = 60.0
PAUSE = 0.02
NOTICE = 5.0
READY = re.compile(r"\d+\n(?:.*\n){6}ready")

NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass
class Server:
    """A PostgreSQL that is our child, and ends with us."""

    room: Room
    child: Child
    lock: IO[bytes]

    def ended(self) -> bool:
        return self.child.ended()

    def stop(self) -> None:
        """Disconnect everyone, write all down, and end."""
        self.child.stop(signal.SIGINT, patience=PATIENCE, force=signal.SIGQUIT)
        if not self.room.sockets.is_relative_to(self.room.folder):
            # Elsewhere because the home's own path was too long.
            with suppress(OSError):
                self.room.sockets.rmdir()
        self.lock.close()
        if self.child.process.returncode != 0:
            # Killed: what it leaves behind notices by itself, and lets go of the lock.
            with suppress(InUse):
                _lock_server(self.room, patience=NOTICE).close()


def start(home: Path, *, durable: bool = True, patience: float = PATIENCE) -> Server:
    """Start the server of `home`, after any other of that home has ended."""
    room = open_room(home)
    return _start(room, _lock_server(room, patience), durable=durable)


@contextmanager
def running(home: Path, *, durable: bool = True) -> Iterator[None]:
    """Have the server of `home` run: the one that does, or else one for the block alone.

    One that others still use when the block is done keeps running until they are, too.
    """
    room = open_room(home)
    with private_file(room.folder / "users.lock") as users:
        server = _join_or_start(room, users, durable=durable)
        try:
            yield
            if server and not locked(users, fcntl.LOCK_EX):
                sys.stderr.write("Waiting for others who use this database.\n")
                fcntl.flock(users, fcntl.LOCK_EX)
        finally:
            if server:
                server.stop()


def _join_or_start(room: Room, users: IO[bytes], *, durable: bool) -> Server | None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return _start(room, _lock_server(room, patience=0), durable=durable)
        except InUse:
            # Ready is asked under the lock: who wants to stop that server waits for it.
            if locked(users, fcntl.LOCK_SH):
                if _ready(room):
                    return None
                fcntl.flock(users, fcntl.LOCK_UN)
            if time.monotonic() > deadline:
                raise
        time.sleep(PAUSE)


def _lock_server(room: Room, patience: float) -> IO[bytes]:
    lock = private_file(room.folder / "server.lock")
    deadline = time.monotonic() + patience
    while not locked(lock):
        if time.monotonic() > deadline:
            lock.close()
            raise InUse(f"Another command is using the database in {room.folder}.")
        time.sleep(PAUSE)
    return lock


def _start(room: Room, lock: IO[bytes], *, durable: bool) -> Server:
    with ExitStack() as on_failure:
        on_failure.callback(lock.close)
        try:
            _clear_up(room)
            make_cluster(room, durable=durable, lock=lock.fileno())
            write_access_rules(room)
            server = Server(room, _launch(room, lock, durable=durable), lock)
        except OSError as error:
            raise CannotStart(f"The database could not start: {error}.") from error
        on_failure.callback(server.stop)
        while not _ready(room, server.child.pid):
            if server.child.ended():
                words = _last_words(room)
                raise CannotStart(
                    f"The database did not start: {words} (See {room.log})"
                )
            time.sleep(PAUSE)
        on_failure.pop_all()
    return server


def _clear_up(room: Room) -> None:
    """Remove what a killed server left behind, whose number may be another process's now.

    We hold the lock, which every process of a server inherits: none is left.
    """
    (room.data / "postmaster.pid").unlink(missing_ok=True)
    for left in room.sockets.glob(".s.PGSQL.*"):
        left.unlink()
    if room.log.exists():
        room.log.replace(room.log.with_name("log.old"))


def _launch(room: Room, lock: IO[bytes], *, durable: bool) -> Child:
    quoted = str(room.sockets).replace('"', '""')
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": f'"{quoted}"',
        "unix_socket_permissions": "0700",
        "hba_file": str(room.folder / "pg_hba.conf"),
        "ident_file": str(room.folder / "pg_ident.conf"),
        "timezone": "UTC",
        "log_timezone": "UTC",
        # Its own life only: Django hears of failing statements, and what is in a
        # statement belongs in no log.
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_checkpoints": "off",
        # systemd removes the POSIX kind from under a server when its user signs out.
        "dynamic_shared_memory_type": "mmap",
        # Statements here are short: compiling one, or starting workers for it, takes
        # longer than running it.
        "jit": "off",
        "max_parallel_workers_per_gather": "0",
        **({} if durable else NOT_DURABLE),
    }
    options = [part for item in settings.items() for part in ("-c", "=".join(item))]
    with private_file(room.log) as log:
        return Child(
            [room.programs / "postgres", "-D", room.data, *options],
            death_signal=signal.SIGINT,
            user=room.run_as,
            env={"PATH": os.defpath, "LC_ALL": "C"},
            cwd=Path("/"),
            keep=[lock.fileno()],
            output=log,
        )


def _ready(room: Room, pid: int | None = None) -> bool:
    """Read the server's own word for it, as pg_ctl does."""
    try:
        pid_file = (room.data / "postmaster.pid").read_text(errors="replace")
    except FileNotFoundError:
        return False
    if not READY.match(pid_file):
        return False
    written_by = int(pid_file.split("\n", 1)[0])
    return alive(written_by) if pid is None else written_by == pid


def _last_words(room: Room) -> str:
    log = room.log.read_text(encoding="utf-8", errors="replace").strip()
    reasons = re.findall(r"(?:FATAL|DETAIL|HINT):  (.*)", log)
    return " ".join(reasons or log.splitlines()[-1:]) or "it said nothing."
