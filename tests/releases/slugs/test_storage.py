import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from pytest_django import Settings

from releases.slugs.errors import SlugRefused
from releases.slugs.storage import (
    blob_exists,
    delete_blob,
    open_blob,
    store,
    stored_blobs,
    verify,
)
from tests.releases.slugs.stores import use_local_store, use_remote_store

BYTES = b"some bytes" * 1000
SHA = hashlib.sha256(BYTES).hexdigest()
NAME = f"{SHA[:2]}/{SHA}.tar.gz"

Make = Callable[[bytes], Path]


@pytest.fixture(params=["local", "remote"])
def any_store(
    request: pytest.FixtureRequest, settings: Settings, tmp_path: Path
) -> None:
    if request.param == "local":
        use_local_store(settings, tmp_path)
    else:
        use_remote_store(settings)


@pytest.fixture
def local_store(settings: Settings, tmp_path: Path) -> Path:
    """Return the folder of a local store."""
    use_local_store(settings, tmp_path)
    return tmp_path / "slugs"


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def make_file(contents: bytes) -> Path:
        path = tmp_path / "arrived"
        path.touch(mode=0o600)
        path.write_bytes(contents)
        return path

    return make_file


@pytest.mark.usefixtures("any_store")
def test_bytes_are_kept_by_their_digest_until_they_are_deleted(make: Make) -> None:
    assert not blob_exists(SHA)

    store(make(BYTES), SHA)

    with open_blob(SHA) as stored:
        assert b"".join(stored.chunks(999)) == BYTES
    assert storages["slugs"].exists(NAME)
    assert blob_exists(SHA)
    assert verify(SHA)
    assert list(stored_blobs()) == [SHA]
    delete_blob(SHA)
    assert not blob_exists(SHA)
    assert list(stored_blobs()) == []


@pytest.mark.usefixtures("any_store")
def test_what_is_missing_is_missed() -> None:
    delete_blob(SHA)

    assert not verify(SHA)
    assert list(stored_blobs()) == []
    with pytest.raises(SlugRefused, match="are missing from the store") as refused:
        open_blob(SHA)
    assert refused.value.code == "bytes_missing"


@pytest.mark.usefixtures("any_store")
def test_one_changed_byte_is_noticed(make: Make) -> None:
    store(make(b"S" + BYTES[1:]), SHA)

    assert blob_exists(SHA)
    assert not verify(SHA)


def test_bytes_that_cannot_be_read_do_not_verify(local_store: Path) -> None:
    (local_store / NAME).mkdir(parents=True)

    assert not verify(SHA)


def test_a_local_store_takes_the_file_itself_and_shows_it_to_nobody(
    local_store: Path, make: Make
) -> None:
    file = make(BYTES)
    inode = file.stat().st_ino

    store(file, SHA)

    stored = local_store / NAME
    assert not file.exists()
    assert stored.stat().st_ino == inode
    assert stored.stat().st_mode & 0o077 == 0
    assert stored.parent.stat().st_mode & 0o077 == 0


def test_storing_again_replaces_what_was_damaged(local_store: Path, make: Make) -> None:
    store(make(b"damaged"), SHA)

    store(make(BYTES), SHA)

    assert verify(SHA)
    assert list((local_store / NAME).parent.iterdir()) == [local_store / NAME]


def test_a_store_that_renames_is_refused(settings: Settings, make: Make) -> None:
    use_remote_store(settings)
    storages["slugs"].save(NAME, ContentFile(b"here before"))

    with pytest.raises(ImproperlyConfigured, match="has to overwrite, not rename"):
        store(make(BYTES), SHA)

    assert storages["slugs"].listdir(SHA[:2]) == ([], [f"{SHA}.tar.gz"])


@pytest.mark.usefixtures("any_store")
def test_what_else_lies_in_the_store_is_no_blob(make: Make) -> None:
    store(make(BYTES), SHA)
    for name in (
        "README",
        f"00/{SHA}.tar.gz",
        f"{SHA[:2]}/{SHA}",
        f"{SHA[:2]}/x.tar.gz",
    ):
        storages["slugs"].save(name, ContentFile(b"something else"))

    assert list(stored_blobs()) == [SHA]
