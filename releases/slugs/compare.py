"""Which files differ between two slugs, from their manifests alone."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from releases.slugs.manifest import FileEntry, decode_line, lines

PATHS_SHOWN = 500


class FileChange(StrEnum):
    """What happens to a file on the way from one slug to another."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    MODE_CHANGED = "mode changed"


@dataclass(frozen=True)
class PathList:
    """The first paths of a list, in order, and how many there are in all."""

    paths: tuple[str, ...] = ()
    total: int = 0

    def shortened(self, limit: int) -> "PathList":
        return PathList(self.paths[:limit], self.total)


@dataclass(frozen=True)
class RenameList:
    """The first renames, each the old path and the new one, and how many there are in all."""

    pairs: tuple[tuple[str, str], ...] = ()
    total: int = 0


@dataclass(frozen=True)
class FileChanges:
    """The files that differ. `mode_changed` are those whose permissions alone do.

    `renamed` are those of which nothing but the path differs; the others that came or
    went are `added` and `removed`.
    """

    added: PathList = PathList()
    changed: PathList = PathList()
    removed: PathList = PathList()
    mode_changed: PathList = PathList()
    renamed: RenameList = RenameList()

    @property
    def total(self) -> int:
        lists = (self.added, self.changed, self.removed, self.mode_changed)
        return sum(found.total for found in lists) + self.renamed.total

    def shortened(self, limit: int = PATHS_SHOWN) -> "FileChanges":
        """Return the same with `limit` paths of each kind."""
        return FileChanges(
            added=self.added.shortened(limit),
            changed=self.changed.shortened(limit),
            removed=self.removed.shortened(limit),
            mode_changed=self.mode_changed.shortened(limit),
            renamed=RenameList(self.renamed.pairs[:limit], self.renamed.total),
        )


def compare_manifests(old: bytes | None, new: bytes | None) -> FileChanges:
    """Return all that changes from `old` to `new`. None stands for having no code at all."""
    if old == new:
        return FileChanges()
    found: dict[FileChange, list[FileEntry]] = {change: [] for change in FileChange}
    for change, entry in _differences(_lines(old), _lines(new)):
        found[change].append(entry)
    renamed = _renamed(found[FileChange.REMOVED], found[FileChange.ADDED])
    moved = {path for pair in renamed for path in pair}
    added, changed, removed, mode_changed = (
        tuple(entry.path for entry in found[change] if entry.path not in moved)
        for change in FileChange
    )
    return FileChanges(
        PathList(added, len(added)),
        PathList(changed, len(changed)),
        PathList(removed, len(removed)),
        PathList(mode_changed, len(mode_changed)),
        RenameList(renamed, len(renamed)),
    )


def _renamed(
    removed: Sequence[FileEntry], added: Sequence[FileEntry]
) -> tuple[tuple[str, str], ...]:
    """Return which of the files went from one path to another, and changed in nothing else.

    Where several of the same kind went or came it is not known which is which, and one
    empty file is as good as another.
    """
    went, came = Counter(map(_but_path, removed)), Counter(map(_but_path, added))
    before = {_but_path(entry): entry.path for entry in removed}
    return tuple(
        (before[same], entry.path)
        for entry in added
        if went[same := _but_path(entry)] == came[same] == 1
        and (entry.size or entry.link)
    )


def _but_path(entry: FileEntry) -> tuple[object, ...]:
    return entry[1:]


def _lines(manifest: bytes | None) -> Iterator[bytes]:
    return iter(()) if manifest is None else lines(manifest)


def _differences(
    old: Iterator[bytes], new: Iterator[bytes]
) -> Iterator[tuple[FileChange, FileEntry]]:
    """Merge two sorted lists; only lines that differ are decoded."""
    left, right = next(old, None), next(new, None)
    while left is not None or right is not None:
        if left == right:
            left, right = next(old, None), next(new, None)
            continue
        before = decode_line(left) if left else None
        after = decode_line(right) if right else None
        if before and (not after or before.path < after.path):
            yield FileChange.REMOVED, before
            left = next(old, None)
        elif after and (not before or after.path < before.path):
            yield FileChange.ADDED, after
            right = next(new, None)
        elif before and after:
            same = before._replace(mode=after.mode) == after
            yield FileChange.MODE_CHANGED if same else FileChange.CHANGED, after
            left, right = next(old, None), next(new, None)
