import gzip
import os
import shutil
import socket
from pathlib import Path

import pytest

from releases.slugs.errors import SlugRefused
from releases.slugs.manifest import FileEntry, decode
from releases.slugs.sources import open_source
from tests.releases.slugs.archives import file, look, tar_gz


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a bit of everything a slug can hold."""
    root = tmp_path / "site"
    (root / "empty").mkdir(parents=True)
    (root / "css").mkdir()
    (root / "css" / "caf\u00e9.css").write_text("a {}\n")
    (root / "css" / ("long" * 60)).write_text("x")
    (root / "index.html").write_text("<h1>Hello</h1>\n")
    (root / "run").write_text("#!/bin/sh\n")
    (root / "run").chmod(0o4755)
    (root / "index.html").chmod(0o600)
    (root / "css.link").symlink_to("css/caf\u00e9.css")
    return root


def bytes_of(path: Path) -> bytes:
    with open_source(path) as source:
        return source.archive.read()


def listed(path: Path) -> dict[str, FileEntry]:
    return {entry.path: entry for entry in decode(look(bytes_of(path)).manifest)}


def test_a_folder_is_packed_whole(folder: Path) -> None:
    files = listed(folder)

    assert files.keys() == {
        "css.link",
        "css/" + "long" * 60,
        "css/caf\u00e9.css",
        "index.html",
        "run",
    }
    assert files["index.html"].size == len("<h1>Hello</h1>\n")
    assert (files["index.html"].mode, files["run"].mode) == (0o644, 0o755)
    assert files["css.link"].link == "css/caf\u00e9.css"


def test_the_same_tree_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy, symlinks=True)
    (copy / "css" / "new").touch()
    (copy / "css" / "new").unlink()
    os.utime(copy / "index.html", (0, 0))

    assert bytes_of(copy) == bytes_of(folder)
    assert gzip.decompress(bytes_of(folder)).endswith(bytes(1024))


def test_git_s_own_files_are_left_out(folder: Path) -> None:
    (folder / "css" / ".git").write_text("gitdir: elsewhere")
    (folder / ".gitignore").write_text("")

    assert ".gitignore" in listed(folder)
    assert "css/.git" not in listed(folder)


def test_what_no_slug_can_hold_is_left_out_and_told(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(folder / "socket"))

    with open_source(folder) as source:
        inspection = look(source.archive)

    assert not {"pipe", "socket"} & {e.path for e in decode(inspection.manifest)}
    assert [warning.split(" is not ")[1] for warning in source.warnings] == [
        "included: a slug holds files, folders and links."
    ] * 2


def test_a_link_to_a_folder_is_not_followed(folder: Path) -> None:
    (folder / "self").symlink_to(".")

    assert listed(folder)["self"].link == "."


def test_a_link_out_of_the_folder_is_refused_by_name(folder: Path) -> None:
    (folder / "secrets").symlink_to("/etc")

    with pytest.raises(SlugRefused, match=r'"\./app/secrets" is a link that leaves'):
        listed(folder)


def test_a_name_that_is_not_utf_8_is_refused_by_name(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9")).touch()

    with pytest.raises(SlugRefused, match=r"caf\\+xe9.* is not a name in UTF-8"):
        listed(folder)


def test_a_file_that_goes_away_is_refused_by_name(folder: Path) -> None:
    (folder / "a").write_bytes(os.urandom(1 << 20))
    with open_source(folder) as source:
        source.archive.read(100)
        (folder / "index.html").unlink()

        with pytest.raises(SlugRefused, match=r'index\.html" cannot be read: No such'):
            source.archive.read()


def test_a_file_that_shrinks_is_refused_by_name(folder: Path) -> None:
    (folder / "a").write_bytes(os.urandom(4 << 20))
    with open_source(folder) as source:
        source.archive.read(100)
        os.truncate(folder / "a", 1 << 20)

        with pytest.raises(SlugRefused, match='/a" changed while it was read'):
            source.archive.read()


def test_a_folder_without_files_holds_nothing(tmp_path: Path) -> None:
    with pytest.raises(SlugRefused, match="holds no files"):
        listed(tmp_path)


def test_an_archive_is_taken_as_it_is(tmp_path: Path) -> None:
    archive = tar_gz(file(b"a"))
    (tmp_path / "slug.tgz").write_bytes(archive)

    assert bytes_of(tmp_path / "slug.tgz") == archive


@pytest.mark.parametrize("contents", [b"", b"PK\3\4", b"\x1f"])
def test_any_other_file_is_refused(tmp_path: Path, contents: bytes) -> None:
    path = tmp_path / "slug.zip"
    path.write_bytes(contents)

    with pytest.raises(SlugRefused, match=r"slug.zip is not compressed with gzip"):
        bytes_of(path)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SlugRefused, match=r"There is no file or folder .*/nowhere"):
        bytes_of(tmp_path / "nowhere")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(SlugRefused, match="is neither a folder nor a file"):
        bytes_of(tmp_path / "pipe")


def test_only_a_repository_has_refs(folder: Path) -> None:
    with (
        pytest.raises(
            SlugRefused, match='no git repository, so there is no "main" in it'
        ),
        open_source(folder, ref="main"),
    ):
        pass
