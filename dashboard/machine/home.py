"""ROLLBOOK_HOME: the folder of what Rollbook makes for itself, and the secrets in it."""

import os
import pwd
import secrets
import stat
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def open_home(home: Path) -> Path:
    """Return `home`, made for this user alone if it is new.

    Refuses a home that someone else owns or may write to: its database and its keys would
    be theirs as much as ours.
    """
    try:
        private_folder(home)
        found = home.stat()
    except OSError as error:
        raise ImproperlyConfigured(
            f"ROLLBOOK_HOME cannot be {home}: {error.strerror}."
        ) from error
    if found.st_uid != os.geteuid():
        raise ImproperlyConfigured(
            f"{home} belongs to {user_name(found.st_uid)}: run this as that user, "
            "or set ROLLBOOK_HOME to another folder."
        )
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ImproperlyConfigured(
            f"Others may write to {home}: run `chmod 700` on it first."
        )
    return home


def private_folder(folder: Path) -> Path:
    """Return `folder`, made with mode 0700 if it is new."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def kept_secret(file: Path) -> str:
    """Return the secret in `file`, made at first use; two processes at once make one."""
    try:
        if not file.exists():
            _make_secret(file)
        return file.read_text(encoding="ascii")
    except OSError as error:
        raise ImproperlyConfigured(
            f"{file} cannot be read: {error.strerror}."
        ) from error


def _make_secret(file: Path) -> None:
    draft = private_folder(file.parent) / f".{file.name}.{secrets.token_hex(8)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(secrets.token_urlsafe(64))
            stream.flush()
            os.fsync(stream.fileno())
        # A link, unlike a rename, never replaces the secret another process just made.
        file.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
