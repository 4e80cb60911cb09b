"""Which files differ between two slugs, from their manifests alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from releases.slugs.manifest import decode_line, lines

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


@dataclass(frozen=True)
class FileChanges:
    """The files that differ. `mode_changed` are those whose permissions alone do."""

    added: PathList = PathList()
    changed: PathList = PathList()
    removed: PathList = PathList()
    mode_changed: PathList = PathList()

    @property
    def total(self) -> int:
        lists = (self.added, self.changed, self.removed, self.mode_changed)
        return sum(found.total for found in lists)

    def shortened(self, limit: int = PATHS_SHOWN) -> "FileChanges":
        """Return the same with `limit` paths of each kind."""
        lists = (self.added, self.changed, self.removed, self.mode_changed)
        return FileChanges(
            *(PathList(found.paths[:limit], found.total) for found in lists)
        )


def compare_manifests(
    old: bytes | None, new: bytes | None, *, limit: int | None = PATHS_SHOWN
) -> FileChanges:
    """Return what changes from `old` to `new`, with `limit` paths of each kind, or all.

    None stands for having no code at all.
    """
    if old == new:
        return FileChanges()
    found: dict[FileChange, list[str]] = {change: [] for change in FileChange}
    totals = dict.fromkeys(FileChange, 0)
    for change, path in _differences(_lines(old), _lines(new)):
        totals[change] += 1
        if limit is None or totals[change] <= limit:
            found[change].append(path)
    return FileChanges(
        *(PathList(tuple(found[change]), totals[change]) for change in FileChange)
    )


def _lines(manifest: bytes | None) -> Iterator[bytes]:
    return iter(()) if manifest is None else lines(manifest)


def _differences(
    old: Iterator[bytes], new: Iterator[bytes]
) -> Iterator[tuple[FileChange, str]]:
    """Merge two sorted lists; only lines that differ are decoded."""
    left, right = next(old, None), next(new, None)
    while left is not None or right is not None:
        if left == right:
            left, right = next(old, None), next(new, None)
            continue
        before = decode_line(left) if left else None
        after = decode_line(right) if right else None
        if before and (not after or before.path < after.path):
            yield FileChange.REMOVED, before.path
            left = next(old, None)
        elif after and (not before or after.path < before.path):
            yield FileChange.ADDED, after.path
            right = next(new, None)
        elif before and after:
            same = before._replace(mode=after.mode) == after
            yield FileChange.MODE_CHANGED if same else FileChange.CHANGED, after.path
            left, right = next(old, None), next(new, None)
