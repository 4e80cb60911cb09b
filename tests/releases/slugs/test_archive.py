import gzip
import hashlib
import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from releases.slugs.errors import SlugRefused
from releases.slugs.manifest import FileEntry, decode
from releases.slugs.tree import Layout
from tests.releases.slugs.archives import (
    GNU,
    V7,
    extended,
    file,
    folder,
    hard_link,
    header,
    look,
    pax,
    record,
    symlink,
    tar_gz,
)

FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]
X = hashlib.sha256(b"x\n").hexdigest()

names = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="/"
    ),
    min_size=1,
    max_size=80,
).filter(lambda name: name not in {".", ".."} and len(name.encode()) <= 255)
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
trees = st.dictionaries(paths, st.binary(max_size=2000), min_size=1, max_size=8).filter(
    lambda files: not any(f"{a}/" in f"{b}/" for a in files for b in files if a != b)
)


@settings(deadline=None)
@given(
    files=trees, format_=st.sampled_from(FORMATS), top=st.sampled_from(["", "./app/"])
)
def test_what_tarfile_packs_is_listed_as_it_was(
    files: Mapping[str, bytes], format_: int, top: str
) -> None:
    try:
        archive = packed(files, format_, top)
    except ValueError:  # Of the three formats ustar holds no long names.
        return

    inspection = look(archive)

    assert list(decode(inspection.manifest)) == [
        FileEntry(
            path, 0o640, len(files[path]), hashlib.sha256(files[path]).hexdigest()
        )
        for path in sorted(files)
    ]
    assert inspection.file_count == len(files)
    assert inspection.unpacked_size == sum(map(len, files.values()))
    assert (inspection.sha256, inspection.size) == (
        hashlib.sha256(archive).hexdigest(),
        len(archive),
    )


@settings(deadline=None)
@given(
    where=st.integers(0, 4 * 512 - 1),
    to=st.integers(0, 255),
    fix_checksum=st.booleans(),
)
def test_a_damaged_header_is_refused_or_read_as_tarfile_reads_it(
    where: int, to: int, *, fix_checksum: bool
) -> None:
    tar = bytearray(
        gzip.decompress(tar_gz(file(b"a"), symlink(b"l", b"a"), file(b"b/c")))
    )
    tar[where] = to
    if fix_checksum:
        start = where - where % 512
        tar[start + 148 : start + 156] = b" " * 8
        tar[start + 148 : start + 156] = b"%06o\0 " % sum(tar[start : start + 512])
    archive = gzip.compress(bytes(tar), 1, mtime=0)

    try:
        listed = {entry.path: entry for entry in decode(look(archive).manifest)}
    except SlugRefused:
        return

    with tarfile.open(fileobj=io.BytesIO(archive)) as read:
        members = {"/".join(_parts(m.name)): m for m in read if not m.isdir()}
    assert listed.keys() == members.keys()
    for path, member in members.items():
        # The name in a header of what is no link says nothing.
        assert listed[path].link == (member.linkname if member.issym() else "")
        assert listed[path].size == member.size


def _parts(path: str) -> Iterator[str]:
    return (part for part in path.split("/") if part not in {"", "."})


def test_gnu_tar_in_all_its_formats_and_git_list_the_same_tree(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    make_tree(tree)
    git = ["git", "-C", str(tree)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    written = subprocess.run([*git, "write-tree"], check=True, capture_output=True)
    sha = written.stdout.decode().strip()
    shutil.move(tree / ".git", tmp_path / "git")
    git = ["git", "--git-dir", str(tmp_path / "git"), "-c", "tar.umask=0022"]

    archives = [
        output("tar", "-cz", f"--format={name}", "-C", str(tree), ".")
        for name in ("gnu", "oldgnu", "pax", "ustar")
    ]
    archives.append(output(*git, "archive", "--format=tar.gz", sha))
    archives.append(output(*git, "archive", "--format=tar.gz", "--prefix=./app/", sha))

    expected = list(decode(look(archives[0]).manifest))
    assert [entry.path for entry in expected] == [*sorted(TREE), "z-link"]
    for archive in archives:
        assert list(decode(look(archive).manifest)) == expected


TREE = {
    "Procfile": b"web: ./run\n",
    "caf\u00e9/\u65e5\u672c.txt": b"text",
    "d" * 90 + "/" + "n" * 95: b"just fits in ustar",
    "run": b"#!/bin/sh\n",
}


def make_tree(root: Path) -> None:
    for path, contents in TREE.items():
        at = root / path
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_bytes(contents)
        at.chmod(0o755 if path == "run" else 0o644)
    (root / "z-link").symlink_to("./run")


def output(*command: str) -> bytes:
    return subprocess.run(command, check=True, capture_output=True).stdout


def packed(files: Mapping[str, bytes], format_: int, top: str) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=format_) as tar:
        for path, contents in files.items():
            member = tarfile.TarInfo(top + path)
            member.size, member.mode = len(contents), 0o100640
            tar.addfile(member, io.BytesIO(contents))
    return gzip.compress(raw.getvalue(), 1, mtime=0)


def listed(*parts: bytes) -> list[FileEntry]:
    return list(decode(look(tar_gz(*parts)).manifest))


@pytest.mark.parametrize(
    ("members", "layout", "path"),
    [
        ([folder(b"./"), folder(b"./app/"), file(b"./app/a")], Layout.HEROKU, "a"),
        ([file(b"app/a")], Layout.HEROKU, "a"),
        ([file(b"app/app/a")], Layout.HEROKU, "app/a"),
        ([file(b"./a")], Layout.PLAIN, "a"),
        ([file(b"app")], Layout.PLAIN, "app"),
        ([symlink(b"app", b".")], Layout.PLAIN, "app"),
        ([file(b"app/a"), folder(b"lib")], Layout.PLAIN, "app/a"),
        ([file(b"apple/a")], Layout.PLAIN, "apple/a"),
    ],
)
def test_paths_are_relative_to_the_root_of_the_tree(
    members: list[bytes], layout: Layout, path: str
) -> None:
    inspection = look(tar_gz(*members))

    assert inspection.layout == layout
    assert [entry.path for entry in decode(inspection.manifest)] == [path]


def test_only_permissions_are_kept_of_a_mode() -> None:
    entries = listed(file(b"s", mode=b"0106755\0"), file(b"t", mode=b"0001600\0"))

    assert [entry.mode for entry in entries] == [0o755, 0o600]


def test_links_that_stay_inside_are_kept() -> None:
    entries = listed(
        symlink(b"bin/tool", b"../lib/./tool.js"),
        symlink(b"dangling", b"nowhere/at/all"),
        symlink(b"loop", b"loop"),
        symlink(b"through", b"bin/tool"),
        symlink(b"a/b/c", b"../.."),
    )

    links = {entry.path: entry.link for entry in entries}
    assert links == {
        "a/b/c": "../..",
        "bin/tool": "../lib/./tool.js",
        "dangling": "nowhere/at/all",
        "loop": "loop",
        "through": "bin/tool",
    }


def test_a_link_may_reach_the_root_of_a_plain_tree_from_a_folder_called_app() -> None:
    entries = listed(symlink(b"app/l", b"../lib"), file(b"lib/a"))

    assert [entry.path for entry in entries] == ["app/l", "lib/a"]


def test_a_hard_link_is_a_second_file() -> None:
    first, second = listed(file(b"./a", mode=b"0000755\0"), hard_link(b"./b", b"a"))

    assert second == first._replace(path="b")


def test_old_and_odd_but_clear_headers_are_read() -> None:
    entries = listed(
        extended(b"g", record("comment", "a" * 40)),
        header(b"v7/", type_=b"\0", magic=V7),
        header(b"v7/a", type_=b"\0", magic=V7),
        header(b"big", size=b"\x80" + bytes(10) + b"\2") + b"x\n".ljust(512, b"\0"),
        header(b"spaces", size=b"         2 \0", magic=GNU) + b"x\n".ljust(512, b"\0"),
        header(b"old", time=b"\xff" * 12),
        pax(size="2", mtime="1.5", uname="ada")
        + header(b"long")
        + b"x\n".ljust(512, b"\0"),
        extended(b"K", b"a\0") + extended(b"L", b"link\0") + symlink(b"l", b"b"),
    )

    sizes = {entry.path: entry.size for entry in entries}
    assert sizes == {"v7/a": 0, "big": 2, "spaces": 2, "old": 0, "long": 2, "link": 0}
    assert {entry.sha256 for entry in entries if entry.size} == {X}


@pytest.mark.parametrize(
    ("procfile", "process_types"),
    [
        ("web: gunicorn app", {"web": "gunicorn app"}),
        ("web:x\nworker-2:   y  \r\n", {"web": "x", "worker-2": "y"}),
        ("# web: no\n\nweb\nweb:\n we b: no\nweb: yes", {"web": "yes"}),
        ("a: 1\na: 2", {"a": "2"}),
        ("a: x\0y\nb: \x1b\nc: tab\tinside", {"c": "tab\tinside"}),
        (
            "w\u00e9b: x\nrelease: python -c '\u65e5: \u672c'",
            {"release": "python -c '\u65e5: \u672c'"},
        ),
        ("", {}),
    ],
)
def test_process_types_come_from_the_procfile(
    procfile: str, process_types: dict[str, str]
) -> None:
    contents = procfile.encode()

    plain = look(tar_gz(file(b"Procfile", contents)))
    heroku = look(tar_gz(file(b"./app/Procfile", contents)))

    assert plain.process_types == heroku.process_types == process_types


def test_a_procfile_elsewhere_is_any_file() -> None:
    inspection = look(
        tar_gz(file(b"app/Procfile", b"web: no"), file(b"Procfile", b"web: yes"))
    )

    assert inspection.process_types == {"web": "yes"}


def test_a_procfile_that_is_not_text_says_nothing() -> None:
    assert look(tar_gz(file(b"Procfile", b"\xff\xfe: x"))).process_types == {}
