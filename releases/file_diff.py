"""How one file differs between two releases: a unified diff, of what can be shown as one."""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from releases.actors import Actor
from releases.errors import NotFound
from releases.models import App, Manifest, Release, Slug
from releases.permissions import Action, require
from releases.slugs.manifest import FileEntry, decode
from releases.slugs.reading import read_file

# What is shown of a file; working out how it differs takes its time.
MOST_BYTES, MOST_LINES, LINE_SHOWN = 256 * 1024, 5_000, 500
CONTEXT = 3
HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass(frozen=True)
class DiffLine:
    """A line: "hunk", "ctx", "add" or "del", with its numbers before and after."""

    kind: str
    old: int | None
    new: int | None
    text: str


@dataclass(frozen=True)
class FileDiff:
    """The lines that differ, with some around them; or in words why there are none."""

    path: str
    lines: Sequence[DiffLine] = ()
    words: str = ""

    @property
    def added(self) -> int:
        return sum(line.kind == "add" for line in self.lines)

    @property
    def removed(self) -> int:
        return sum(line.kind == "del" for line in self.lines)


def file_diff(*, app: App, old: int, new: int, path: str, actor: Actor) -> FileDiff:
    """Return how the file at `path` differs from release `old` to `new`."""
    require(actor, app, Action.SEE)
    releases = {
        release.version: release
        for release in app.releases.filter(version__in=[old, new]).select_related(
            "slug__blob"
        )
    }
    before, after = (_entry(releases.get(version), path) for version in (old, new))
    if before is None and after is None:
        raise NotFound(f"Neither v{old} nor v{new} of {app} has a file {path[:200]}.")
    words = _why_none(before, after)
    if words:
        return FileDiff(path, words=words)
    texts = [
        _text(releases[version].slug, entry)
        for version, entry in ((old, before), (new, after))
    ]
    if None in texts:
        return FileDiff(path, words="It is not text, or not stored any more.")
    return FileDiff(path, *_compared(texts[0] or "", texts[1] or ""))


def _entry(release: Release | None, path: str) -> FileEntry | None:
    if release is None or release.slug is None or release.slug.blob_id is None:
        return None
    manifest = Manifest.objects.filter(blob=release.slug.blob_id).first()
    entries = decode(bytes(manifest.entries)) if manifest else iter(())
    return next((entry for entry in entries if entry.path == path), None)


def _why_none(before: FileEntry | None, after: FileEntry | None) -> str:
    there = [entry for entry in (before, after) if entry]
    if any(entry.link for entry in there):
        links = [
            entry.link or "a file" if entry else "nothing" for entry in (before, after)
        ]
        return f"It is a symbolic link: to {links[0]} before, to {links[1]} after."
    if any(entry.size > MOST_BYTES for entry in there):
        return f"It has more than {MOST_BYTES // 1024} KiB, which is not shown here."
    if before and after and before.sha256 == after.sha256:
        if before.mode == after.mode:
            return "It is the same in both."
        return f"Its permissions changed from {before.mode:o} to {after.mode:o}."
    return ""


def _text(slug: Slug | None, entry: FileEntry | None) -> str | None:
    """Return the text of a file, "" where there is no file; None where it is no text."""
    if entry is None:
        return ""
    if slug is None or slug.blob is None or not slug.blob.is_stored:
        return None
    contents = read_file(slug.blob.pk, entry)
    if contents is None or b"\0" in contents:
        return None
    try:
        return contents.decode()
    except UnicodeDecodeError:
        return None


def _compared(before: str, after: str) -> tuple[list[DiffLine], str]:
    old, new = _lines(before), _lines(after)
    if len(old) + len(new) > MOST_LINES:
        return (
            [],
            f"It has more than {MOST_LINES:,} lines, which are not compared here.",
        )
    unified = difflib.unified_diff(old, new, lineterm="", n=CONTEXT)
    lines = list(_numbered(unified))
    return lines, "" if lines else "The line break at its end alone differs."


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def _numbered(unified: Iterator[str]) -> Iterator[DiffLine]:
    old = new = 0
    for number, line in enumerate(unified):
        if number < 2:  # noqa: PLR2004  # the names of the files
            continue
        sign, text = line[:1], line[1:]
        if len(text) > LINE_SHOWN:
            text = f"{text[:LINE_SHOWN]}…"
        if hunk := HUNK.match(line):
            old, new = int(hunk[1]), int(hunk[2])
            yield DiffLine("hunk", None, None, line)
        elif sign == "-":
            yield DiffLine("del", old, None, text)
            old += 1
        elif sign == "+":
            yield DiffLine("add", None, new, text)
            new += 1
        else:
            yield DiffLine("ctx", old, new, text)
            old, new = old + 1, new + 1
