import hashlib
import itertools
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest

from releases.errors import OperationRefused
from releases.slugs.errors import SlugRefused
from releases.slugs.limits import Limits
from tests.releases.slugs.archives import (
    END,
    file,
    folder,
    hard_link,
    header,
    look,
    tar_gz,
)
from tests.releases.slugs.hostile import GOOD, HOSTILE


@pytest.mark.parametrize(("archive", "sentence"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_archive_is_refused_in_one_sentence(
    archive: bytes, sentence: str
) -> None:
    with pytest.raises(SlugRefused, match=sentence) as refused:
        look(archive)

    said = str(refused.value)
    assert refused.value.code == "slug_refused"
    assert said.isprintable()
    assert said.endswith(".")
    assert len(said) < 300


def test_a_refusal_is_an_operation_refused() -> None:
    with pytest.raises(OperationRefused):
        look(b"")


@pytest.mark.parametrize("cut", range(1, len(GOOD)))
def test_an_archive_cut_anywhere_is_refused(cut: int) -> None:
    with pytest.raises(SlugRefused, match="cut short"):
        look(GOOD[:cut])


def test_a_header_that_claims_much_is_refused_before_it_is_read() -> None:
    claim = header(b"x", type_=b"L", size=800_000_000)
    start = zlib.compress(claim + bytes(800_000_000 >> 8), 0, wbits=31)
    # Kept as it is, so that few bytes do not become many.
    endless = Given(
        itertools.chain([start[: 1 << 16]], itertools.repeat(bytes(1 << 16)))
    )

    tracemalloc.start()
    with pytest.raises(SlugRefused, match="claims 800,000,000 bytes"):
        look(endless)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert endless.total == 1 << 16
    assert peak < 4 << 20


def test_the_bytes_must_be_those_that_were_promised() -> None:
    with pytest.raises(SlugRefused, match=f"not {'0' * 64}"):
        look(GOOD, expected_sha256="0" * 64)

    promised = hashlib.sha256(GOOD).hexdigest().upper()
    assert look(GOOD, expected_sha256=promised).sha256 == promised.lower()


@pytest.mark.parametrize(
    ("limits", "allowed"),
    [
        (Limits(compressed=len(GOOD)), True),
        (Limits(compressed=len(GOOD) - 1), False),
        (Limits(unpacked=512 + 512 + 1024), True),
        (Limits(unpacked=512 + 512 + 1023), False),
        (Limits(members=1), True),
        (Limits(members=0), False),
        (Limits(path=1), True),
        (Limits(path=0), False),
        (Limits(paths=1), True),
        (Limits(paths=0), False),
        (Limits(name=1), True),
        (Limits(name=0), False),
        (Limits(ratio=1, ratio_from=2048), True),
        (Limits(ratio=1, ratio_from=2047), False),
    ],
)
def test_a_limit_is_what_is_just_allowed(limits: Limits, *, allowed: bool) -> None:
    if allowed:
        assert look(GOOD, limits=limits).file_count == 1
    else:
        with pytest.raises(SlugRefused):
            look(GOOD, limits=limits)


def test_folders_count_whether_named_or_implied() -> None:
    archive = tar_gz(folder(b"a/"), folder(b"a/b/"), file(b"c/d/e"))

    assert look(archive, limits=Limits(members=5)).file_count == 1
    with pytest.raises(SlugRefused, match="more than 4 files and folders"):
        look(archive, limits=Limits(members=4))


def test_a_file_counts_as_often_as_it_is_linked() -> None:
    links = (hard_link(b"l%d" % number, b"big") for number in range(9))
    archive = tar_gz(file(b"big", bytes(100_000)), *links)

    assert look(archive).unpacked_size == 1_000_000
    with pytest.raises(SlugRefused, match='more than 999,999 bytes with "l8"'):
        look(archive, limits=Limits(unpacked=999_999))


def test_a_reader_that_fails_is_heard() -> None:
    def interrupted() -> Iterator[bytes]:
        yield GOOD[:30]
        raise ConnectionResetError("the client went away")

    with pytest.raises(ConnectionResetError):
        look(Given(interrupted()))


def test_one_byte_at_a_time_is_as_good() -> None:
    one_by_one = (bytes([byte]) for byte in GOOD)

    assert look(Given(one_by_one)) == look(GOOD)


def test_zeros_after_the_end_are_padding() -> None:
    assert look(tar_gz(file(b"a"), end=END * 10 + b"\0")).file_count == 1


class Given:
    """Gives what it is given, piece by piece."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.total = 0
        self._pieces = pieces

    def read(self, _size: int, /) -> bytes:
        piece = next(self._pieces, b"")
        self.total += len(piece)
        return piece
