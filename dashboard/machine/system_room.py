"""What root has others run: the system user they run as, and folders they can reach.

Nobody but root enters root's own folders. So what others need lies in a room outside of
them, and a home has links to it. Where Rollbook runs as a plain user, it all stays at home.
"""

import os
import pwd
import secrets
import shutil
import stat
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from dashboard.machine.errors import CannotStart
from dashboard.machine.home import private_folder

SYSTEM_USER = "rollbook"
SYSTEM_ROOM = Path("/var/lib/rollbook")
PASSABLE = 0o711


def open_folder(link: Path) -> Path:
    """Return the folder at `link` in a home, made if it is new.

    As root it is one that others may pass through by name, but not list.
    """
    if os.geteuid() != 0:
        return private_folder(link.resolve())
    if not link.is_symlink() and not link.exists():
        _link_to_system_folder(link)
    return _passable_folder(link.resolve())


def shared_copy(name: str, copy: Callable[[Path], object]) -> Path:
    """Return what `copy` made in the system room, for all to read and run; once a name."""
    place = _system_room() / name
    if not place.exists():
        draft = SYSTEM_ROOM / f".{name}.{secrets.token_hex(6)}"
        copy(draft)
        # Whatever root's umask made of the originals.
        for path in (draft, *draft.rglob("*")):
            path.chmod(0o755)
        try:
            draft.rename(place)
        except OSError:
            # Another start was quicker.
            shutil.rmtree(draft)
            if not place.exists():
                raise
    return place


def system_user() -> pwd.struct_passwd:
    """Return the user that runs for root what must not run as root, made if it is new."""
    with suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd:
        command = [useradd, "--system", "--user-group", "--no-create-home"]
        command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
        # A failure may mean that another start has just made the user.
        subprocess.run([*command, SYSTEM_USER], stdout=subprocess.DEVNULL, check=False)
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise CannotStart(
            f"The database and the router do not run as root, and no system user "
            f"{SYSTEM_USER} could be made for them: make one, or run this as a plain user."
        ) from None


def _link_to_system_folder(link: Path) -> None:
    # Not a name derived from the home's: a home removed and made again starts afresh.
    folder = _passable_folder(_system_room() / secrets.token_hex(6))
    try:
        link.symlink_to(folder)
    except FileExistsError:
        # Another start was quicker.
        folder.rmdir()


def _system_room() -> Path:
    found = _passable_folder(SYSTEM_ROOM).lstat()
    if found.st_uid != 0 or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise CannotStart(
            f"{SYSTEM_ROOM} must be a folder that only root may write to: what root has "
            "others run is in it."
        )
    return SYSTEM_ROOM


def _passable_folder(folder: Path) -> Path:
    if not folder.exists():
        folder.mkdir(mode=PASSABLE, parents=True, exist_ok=True)
        # Whatever the umask made of that.
        folder.chmod(PASSABLE)
    return folder
