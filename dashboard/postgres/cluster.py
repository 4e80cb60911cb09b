"""Making the database cluster of a room, whole or not at all."""

import os
import shutil
import subprocess
from collections.abc import Sequence

from dashboard.machine.errors import CannotStart
from dashboard.postgres.room import Room

ROLE = DATABASE = "rollbook"

# CREATEDB is for the tests and the benchmark, which make databases of their own.
FIRST_COMMANDS = f"""\
CREATE ROLE {ROLE} LOGIN CREATEDB;
CREATE DATABASE {DATABASE} OWNER {ROLE};
"""


def make_cluster(room: Room, *, durable: bool, lock: int) -> None:
    """Make the room's cluster, unless it has one, with the role and the database in it.

    It is made beside its place and moved there last: an interruption leaves no half of it.
    """
    if room.data.exists():
        _refuse_foreign(room)
        return
    draft = room.folder / "data.new"
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(mode=0o700)
    if room.run_as:
        os.chown(draft, room.user.pw_uid, room.user.pw_gid)
    initdb = [
        *(str(room.programs / "initdb"), "--pgdata", str(draft)),
        *("--username", "postgres", "--auth", "reject", "--no-instructions"),
        # PostgreSQL's own collation, which no update of the C library changes.
        *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        *("--encoding", "UTF8", "--locale", "C"),
    ]
    _run(room, initdb if durable else [*initdb, "--no-sync"], lock=lock)
    # The single-user mode knows no sign-in, so no superuser ever needs one.
    alone = [str(room.programs / "postgres"), "--single", "-D", str(draft)]
    alone += ["-c", "exit_on_error=on", "postgres"]
    _run(room, alone, lock=lock, commands=FIRST_COMMANDS)
    draft.rename(room.data)


def write_access_rules(room: Room) -> None:
    """Let the user of this process in as the product's role, and nobody else as anyone."""
    name = server_client(room)
    for file, rule in (
        (room.folder / "pg_hba.conf", f"local all {ROLE} peer map=rollbook\n"),
        (room.folder / "pg_ident.conf", f'rollbook "{name}" {ROLE}\n'),
    ):
        file.write_text(rule, encoding="utf-8")
        file.chmod(0o644)


def server_client(room: Room) -> str:
    return "root" if room.run_as else room.user.pw_name


def _refuse_foreign(room: Room) -> None:
    if room.data.stat().st_uid != room.user.pw_uid:
        raise CannotStart(
            f"{room.data} does not belong to {room.user.pw_name}: "
            "start Rollbook as the user who made it."
        )


def _run(
    room: Room,
    command: Sequence[str],
    *,
    lock: int,
    commands: str = "",
) -> None:
    as_user = room.run_as
    done = subprocess.run(
        command,
        input=commands,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.defpath, "LC_ALL": "C"},
        cwd="/",
        pass_fds=[lock],
        user=as_user.pw_uid if as_user else None,
        group=as_user.pw_gid if as_user else None,
        extra_groups=[] if as_user else None,
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["it said nothing"]
        raise CannotStart(f"The database could not be made: {lines[-1]}.")
