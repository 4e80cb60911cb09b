import time
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from releases.slugs.compare import (
    FileChanges,
    PathList,
    RenameList,
    compare_manifests,
)
from releases.slugs.manifest import FileEntry, decode, encode, lines, paths

SHA = "0" * 64

text = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
entries = st.builds(
    FileEntry,
    path=text,
    mode=st.integers(0, 0o777),
    size=st.integers(0, 2**50),
    sha256=st.just(SHA),
    link=st.just("") | text,
)
trees = st.dictionaries(text, entries, max_size=20).map(
    lambda files: {path: entry._replace(path=path) for path, entry in files.items()}
)


def manifest(files: Mapping[str, FileEntry]) -> bytes:
    return encode(files[path] for path in sorted(files))


def listing(*files: str) -> bytes:
    """Encode files whose contents are what follows the colon, if anything does."""
    found = {}
    for file in files:
        path, _, contents = file.partition(":")
        found[path] = FileEntry(path, 0o644, len(contents), contents.rjust(64, "0"))
    return manifest(found)


@settings(deadline=None)
@given(trees)
def test_what_is_encoded_is_decoded_again(files: Mapping[str, FileEntry]) -> None:
    encoded = manifest(files)

    assert {entry.path: entry for entry in decode(encoded)} == files
    assert list(paths(encoded)) == sorted(files)
    assert len(list(lines(encoded))) == len(files)


@settings(deadline=None)
@given(old=trees, new=trees, data=st.data())
def test_every_difference_is_found_and_nothing_else(
    old: dict[str, FileEntry], new: dict[str, FileEntry], data: st.DataObject
) -> None:
    if old:
        shared = data.draw(st.lists(st.sampled_from(sorted(old)), unique=True))
        new |= {path: old[path] for path in shared}

    changes = compare_manifests(manifest(old), manifest(new))

    both = old.keys() & new.keys()
    differing = {path for path in both if old[path] != new[path]}
    by_mode = {p for p in differing if old[p]._replace(mode=new[p].mode) == new[p]}
    renamed = changes.renamed.pairs
    went, came = {before for before, _ in renamed}, {after for _, after in renamed}
    assert went <= old.keys() - new.keys()
    assert came <= new.keys() - old.keys()
    assert changes.added.paths == tuple(sorted(new.keys() - old.keys() - came))
    assert changes.removed.paths == tuple(sorted(old.keys() - new.keys() - went))
    assert all(old[a]._replace(path=b) == new[b] for a, b in renamed)
    assert changes.mode_changed.paths == tuple(sorted(by_mode))
    assert changes.changed.paths == tuple(sorted(differing - by_mode))


def test_equal_trees_do_not_differ() -> None:
    assert compare_manifests(listing("a", "b"), listing("a", "b")) == FileChanges()
    assert compare_manifests(None, None) == FileChanges()


def test_having_no_code_is_having_no_files() -> None:
    assert compare_manifests(None, listing("a", "b")).added == PathList(("a", "b"), 2)
    assert compare_manifests(listing("a", "b"), None).removed == PathList(("a", "b"), 2)


def test_lists_are_bounded_and_totals_are_not() -> None:
    old = listing("same", *(f"{n:02}:old" for n in range(20)))
    new = listing("same", *(f"{n:02}:new" for n in range(10, 30)))

    changes = compare_manifests(old, new).shortened(3)

    assert changes.added == PathList(("20", "21", "22"), 10)
    assert changes.changed == PathList(("10", "11", "12"), 10)
    assert changes.removed == PathList(("00", "01", "02"), 10)
    assert changes.total == 30


def test_a_file_that_only_moved_is_a_rename() -> None:
    old = listing("app/a.py:same", "app/b.py:b", "z.py:one")
    new = listing("src/a.py:same", "src/b.py:other", "z.py:one")

    changes = compare_manifests(old, new)

    assert changes.renamed == RenameList((("app/a.py", "src/a.py"),), 1)
    assert changes.added.paths == ("src/b.py",)
    assert changes.removed.paths == ("app/b.py",)
    assert changes.total == 3


def test_a_file_that_moved_and_changed_its_mode_is_no_rename() -> None:
    old = encode([FileEntry("a", 0o644, 3, "x")])
    new = encode([FileEntry("b", 0o755, 3, "x")])

    changes = compare_manifests(old, new)

    assert (changes.renamed.total, changes.added.paths) == (0, ("b",))


def test_which_of_equal_files_moved_is_not_guessed() -> None:
    old, new = listing("a:same", "b:same"), listing("c:same", "d:same")
    copied = listing("a:same", "c:same")

    assert compare_manifests(old, new).renamed.total == 0
    assert compare_manifests(old, copied).renamed == RenameList((("b", "c"),), 1)
    assert compare_manifests(copied, listing("a:same")).renamed.total == 0
    assert compare_manifests(listing("a"), listing("b")).renamed.total == 0


def test_renames_are_bounded_and_counted() -> None:
    old = listing(*(f"{n:02}:{n}" for n in range(20)))
    new = listing(*(f"x{n:02}:{n}" for n in range(20)))

    changes = compare_manifests(old, new).shortened(2)

    assert changes.renamed == RenameList((("00", "x00"), ("01", "x01")), 20)
    assert changes.total == 20


def test_a_link_to_elsewhere_is_a_change() -> None:
    old = encode([FileEntry("l", 0o777, 0, "", "a")])
    new = encode([FileEntry("l", 0o777, 0, "", "b")])

    assert compare_manifests(old, new).changed.paths == ("l",)


@pytest.mark.parametrize("changed_files", [0, 300, 30_000])
def test_two_slugs_of_30_000_files_are_compared_at_once(changed_files: int) -> None:
    old = listing(*(f"d{n // 100:03}/f{n:05}.py:1" for n in range(30_000)))
    new = listing(
        *(
            f"d{n // 100:03}/f{n:05}.py:{int(n < changed_files) + 1}"
            for n in range(30_000)
        )
    )

    start = time.process_time()
    changes = compare_manifests(old, new)

    assert changes.changed.total == changed_files
    assert time.process_time() - start < 1
