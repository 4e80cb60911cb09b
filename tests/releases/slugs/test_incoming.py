import errno
import fcntl
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_django import Settings

from releases.slugs.errors import SlugRefused
from releases.slugs.incoming import incoming
from releases.slugs.storage import store
from tests.releases.slugs.stores import use_local_store, use_remote_store

SHA = "ab" * 32


@pytest.fixture
def uploads(settings: Settings, tmp_path: Path) -> Path:
    """Return the folder archives wait in."""
    return use_local_store(settings, tmp_path)


def test_what_arrives_is_for_us_alone_and_gone_afterwards(uploads: Path) -> None:
    with incoming() as arriving:
        arriving.file.write(b"bytes")
        arriving.file.flush()

        assert arriving.path.read_bytes() == b"bytes"
        assert arriving.path.parent == uploads
        assert arriving.path.stat().st_mode & 0o077 == 0

    assert list(uploads.iterdir()) == []


@pytest.mark.parametrize(
    "error", [SlugRefused("no"), ConnectionResetError(), KeyError()]
)
def test_nothing_is_left_of_what_did_not_arrive(
    uploads: Path, error: Exception
) -> None:
    def arrive() -> None:
        with incoming() as arriving:
            arriving.file.write(b"half of it")
            raise error

    with pytest.raises(type(error)):
        arrive()

    assert list(uploads.iterdir()) == []


def test_what_was_stored_meanwhile_stays_stored(uploads: Path) -> None:
    with incoming() as arriving:
        arriving.file.write(b"bytes")
        arriving.file.flush()
        store(arriving.path, SHA)

    assert list(uploads.iterdir()) == []
    stored = uploads.parent / "slugs" / "ab" / f"{SHA}.tar.gz"
    assert stored.read_bytes() == b"bytes"


def test_a_full_disk_is_a_refusal_that_leaves_nothing(uploads: Path) -> None:
    with (
        disk_of(1 << 20),
        pytest.raises(SlugRefused, match="no room left") as refused,
        incoming() as arriving,
    ):
        arriving.file.write(bytes(2 << 20))

    assert refused.value.code == "no_room"
    assert list(uploads.iterdir()) == []


def test_a_disk_that_fills_up_with_the_last_bytes_is_one_too(uploads: Path) -> None:
    with (
        disk_of(10),
        pytest.raises(SlugRefused, match="no room"),
        incoming() as arriving,
    ):
        # Few enough to stay in a buffer until the file is closed.
        arriving.file.write(bytes(20))

    assert list(uploads.iterdir()) == []


def test_other_trouble_with_the_disk_is_heard_as_it_is(uploads: Path) -> None:
    with pytest.raises(OSError, match="Input/output"), incoming():
        raise OSError(errno.EIO, "Input/output error")


def test_what_a_killed_process_left_is_swept_and_what_still_arrives_is_not(
    uploads: Path,
) -> None:
    left, arriving, other = (
        uploads / name for name in ("slug-1.incoming", "slug-2.incoming", "someone's")
    )
    for path in (left, arriving, other):
        path.write_bytes(b"half of it")

    with arriving.open("rb") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        with incoming() as first, incoming() as second:
            assert first.path.exists()
            assert second.path.exists()

    assert set(uploads.iterdir()) == {arriving, other}


def test_it_waits_beside_a_store_on_another_disk(
    settings: Settings, tmp_path: Path
) -> None:
    use_local_store(settings, tmp_path)
    memory = Path("/dev/shm")  # noqa: S108  # for being elsewhere
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system to try")
    settings.FILE_UPLOAD_TEMP_DIR = memory

    with incoming() as arriving:
        store(arriving.path, SHA)

    beside = tmp_path / "slugs-incoming"
    assert arriving.path.parent == beside
    assert list(beside.iterdir()) == []
    assert beside.stat().st_mode & 0o077 == 0


def test_for_a_remote_store_it_waits_where_uploads_do(
    settings: Settings, tmp_path: Path
) -> None:
    use_remote_store(settings)
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path

    with incoming() as arriving:
        assert arriving.path.parent == tmp_path


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """Let no file grow beyond `size` bytes, as if the disk ended there."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
