"""The bytes of slugs, by their SHA-256, in whatever store the settings name."""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages

from releases.slugs.errors import SlugRefused

CHUNK = 2**20
SUFFIX = ".tar.gz"
SHA256 = re.compile(r"[0-9a-f]{64}")


def store(file: Path, sha256: str) -> None:
    """Keep the bytes of `file`, safe from a crash once this returns.

    Whoever calls this holds the blob's lock, and hashed the bytes. In a local store the
    file itself is moved.
    """
    name = _name(sha256)
    path = _local_path(name)
    if path is not None:
        _move(file, path)
        return
    with file.open("rb") as stream:
        stored_as = _storage().save(name, File(stream))
    if stored_as != name:
        _storage().delete(stored_as)
        raise ImproperlyConfigured('The "slugs" storage has to overwrite, not rename.')


def open_blob(sha256: str) -> "File[bytes]":
    """Open the stored bytes for streaming; `chunks()` gives them piece by piece."""
    try:
        return _storage().open(_name(sha256), "rb")
    except FileNotFoundError:
        raise SlugRefused(
            f"The bytes of slug {sha256[:12]} are missing from the store.",
            code="bytes_missing",
        ) from None


def blob_exists(sha256: str) -> bool:
    return _storage().exists(_name(sha256))


def delete_blob(sha256: str) -> None:
    """Delete the stored bytes, if they are there."""
    _storage().delete(_name(sha256))


def verify(sha256: str) -> bool:
    """Hash what is stored again; False where it is changed, missing or unreadable."""
    digest = hashlib.sha256()
    try:
        with open_blob(sha256) as stored:
            for chunk in stored.chunks(CHUNK):
                digest.update(chunk)
    except (SlugRefused, OSError):
        return False
    return digest.hexdigest() == sha256


def stored_blobs() -> Iterator[str]:
    """Give the SHA-256 of everything in the store, whether a row knows of it or not."""
    try:
        folders, _ = _storage().listdir("")
    except FileNotFoundError:
        return
    for folder in sorted(folders):
        _, files = _storage().listdir(folder)
        for file in sorted(files):
            sha256 = file.removesuffix(SUFFIX)
            if SHA256.fullmatch(sha256) and f"{folder}/{file}" == _name(sha256):
                yield sha256


def store_folder() -> Path | None:
    """Return the folder of a local store, which is made if need be."""
    path = _local_path("")
    if path is not None:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _storage() -> Storage:
    return storages["slugs"]


def _name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}{SUFFIX}"


def _local_path(name: str) -> Path | None:
    storage = _storage()
    return Path(storage.path(name)) if isinstance(storage, FileSystemStorage) else None


def _move(file: Path, target: Path) -> None:
    folder = target.parent
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync(folder.parent)
    # The name only after the bytes, and both before anyone is told that they are kept.
    _sync(file)
    file.replace(target)
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
