"""Archives to measure with: half of the bytes never compress, the other half is source."""

import io
import itertools
import random
import sysconfig
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

MB = 1_000_000
BINARY_SIZE = 500_000
# Python's own library compresses to a quarter, so as much of it as of the binary files.
SOURCE_SIZE = 4 * BINARY_SIZE
EFFORT = 6
CHANGED_EVERY = 100


def kept_archive(folder: Path, size: int) -> Path:
    """Return a `.tar.gz` of about `size` bytes, made at first use."""
    file = folder / f"{size // MB}-mb.tar.gz"
    if not file.exists():
        folder.mkdir(mode=0o700, exist_ok=True)
        draft = file.with_suffix(".draft")
        with draft.open("wb") as stream:
            _write_mixed(stream, size)
        draft.replace(file)
    return file


def archive_of_small_files(files: int, *, revision: int) -> bytes:
    """Return a slug of so many files, of which a hundredth is another in each revision."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as tar:
        for number in range(files):
            changes = revision if number % CHANGED_EVERY == 0 else 0
            path = f"./app/packages/part_{number // 100:03}/sources/module_{number}.py"
            _add(tar, path, b"NUMBER = %d\nREVISION = %d\n" % (number, changes))
    return packed.getvalue()


def _write_mixed(stream: BinaryIO, size: int) -> None:
    chance = random.Random(size)  # noqa: S311  # repeatable, not secret
    sources = itertools.cycle(_sources())
    with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=EFFORT) as tar:
        for number in itertools.count():
            if stream.tell() >= size:
                return
            name = f"./app/round_{number:05}"
            _add(tar, f"{name}/model.bin", chance.randbytes(BINARY_SIZE))
            written = 0
            while written < SOURCE_SIZE:
                path, source = next(sources)
                _add(tar, f"{name}/{path}", source)
                written += len(source)


def _sources() -> Iterator[tuple[str, bytes]]:
    library = Path(sysconfig.get_path("stdlib"))
    for path in sorted(library.glob("*/*.py")) + sorted(library.glob("*.py")):
        yield str(path.relative_to(library)), path.read_bytes()


def _add(tar: tarfile.TarFile, path: str, contents: bytes) -> None:
    member = tarfile.TarInfo(path)
    member.size = len(contents)
    tar.addfile(member, io.BytesIO(contents))
