import hashlib
import io
import stat
import tarfile
from pathlib import Path

import pytest

from releases.slugs.errors import SlugRefused
from releases.slugs.unpack import unpack
from tests.factories import archive

PROGRAM = b"#!/bin/sh\necho hello\n"


def packed(*members: tarfile.TarInfo, contents: bytes = PROGRAM) -> bytes:
    """Return an archive of these members; files all have the same contents."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for member in members:
            if member.isfile():
                member.size = len(contents)
            tar.addfile(member, io.BytesIO(contents) if member.isfile() else None)
    return made.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, **more: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type = kind
    for attribute, value in more.items():
        setattr(made, attribute, value)
    return made


def unpacked(archived: bytes, folder: Path) -> Path:
    folder.mkdir()
    unpack(io.BytesIO(archived), folder, sha256=hashlib.sha256(archived).hexdigest())
    return folder


def test_a_tree_is_on_the_disk_as_it_was_packed(tmp_path: Path) -> None:
    code = unpacked(
        packed(
            member("bin/serve", mode=0o700),
            member("static", tarfile.DIRTYPE),
            member("notes.txt", mode=0o604),
            member("bin/start", tarfile.SYMTYPE, linkname="serve"),
            member("bin/again", tarfile.LNKTYPE, linkname="bin/serve"),
        ),
        tmp_path / "code",
    )

    assert (code / "bin/serve").read_bytes() == PROGRAM
    assert stat.S_IMODE((code / "bin/serve").stat().st_mode) == 0o755
    assert stat.S_IMODE((code / "notes.txt").stat().st_mode) == 0o644
    assert (code / "bin/start").readlink() == Path("serve")
    assert (code / "bin/again").read_bytes() == PROGRAM
    assert (code / "static").is_dir()


@pytest.mark.parametrize("top", ["./app/", ""])
def test_the_code_is_at_the_root_in_either_layout(tmp_path: Path, top: str) -> None:
    code = unpacked(
        archive({"Procfile": "web: x\n", "app/app": "y"}, top=top), tmp_path / "code"
    )

    assert (code / "Procfile").read_text() == "web: x\n"
    assert (code / "app/app").read_text() == "y"
    assert sorted(tmp_path.iterdir()) == [code]


def test_other_bytes_than_those_taken_in_are_refused(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()

    with pytest.raises(SlugRefused, match="not what was taken in"):
        unpack(
            io.BytesIO(archive({"a": "changed"})), tmp_path / "code", sha256="0" * 64
        )
