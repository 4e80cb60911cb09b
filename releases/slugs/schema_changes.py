"""Which database migrations differ between two slugs, judged by their files' paths alone.

`removed` is what the running code has and the target has not; `added` is the reverse.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from releases.slugs.migration_layouts import FRAMEWORKS, Match, describes_schema, match

LISTED = 100
NAMED = 6
NAME_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration, however many files it has. `name` is printable; `path` may not be."""

    framework: str
    path: str
    name: str
    # It comes with a package, whose migrations run when the app's own do.
    packaged: bool = False


@dataclass(frozen=True, slots=True)
class Migrations:
    """The first LISTED of some migrations, the app's own before those of packages."""

    listed: tuple[Migration, ...] = ()
    frameworks: tuple[tuple[str, int], ...] = ()
    packaged: int = 0

    @property
    def total(self) -> int:
        return sum(count for _, count in self.frameworks)


@dataclass(frozen=True, slots=True)
class MigrationsFound:
    """`schema_files` differ too: they describe the database but do not change it."""

    added: Migrations
    removed: Migrations
    changed: Migrations
    schema_files: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        return self.added.total + self.removed.total + self.changed.total

    def sentence(self, target: str, *, current: str = "the running code") -> str:
        """What was found on the way from `current` to `target`, and what that cannot say."""
        if not self.total:
            return _nothing_found(self.schema_files)
        sentences = []
        if self.removed.total:
            they = _plural(self.removed, "it", "they")
            sentences.append(
                f"{_count(self.removed)} {_plural(self.removed, 'is', 'are')}"
                f" in {current} and not in {target}: {_names(self.removed)}."
                f" The database keeps whatever {they} did; Rollbook never touches it."
            )
        if self.added.total:
            sentences.append(
                f"{_count(self.added)} {_plural(self.added, 'is', 'are')}"
                f" in {target} and not in {current}: {_names(self.added)}."
                f" Whether {_plural(self.added, 'it', 'they')} ran before"
                " cannot be seen from the code."
            )
        if self.changed.total:
            sentences.append(
                f"{_count(self.changed)} {_plural(self.changed, 'differs', 'differ')}"
                f" between {current} and {target}: {_names(self.changed)}."
                " What has run on the database stays as it ran."
            )
        if self.schema_files:
            verb = "differs" if len(self.schema_files) == 1 else "differ"
            sentences.append(f"{_shortened(self.schema_files)} {verb} too.")
        return " ".join(sentences)


def find_migrations(
    added: Iterable[str], removed: Iterable[str], changed: Iterable[str]
) -> MigrationsFound:
    """Find the migrations among the paths of the files that differ between two slugs."""
    schema_files: set[str] = set()
    came = _by_identity(added, schema_files)
    went = _by_identity(removed, schema_files)
    differ = _by_identity(changed, schema_files)
    # A migration that moved (a new Python's site-packages, src/ to dist/) is on both
    # sides; one with a changed up file and a new down file is not new.
    return MigrationsFound(
        added=_summed(came, without=went.keys() | differ.keys()),
        removed=_summed(went, without=came.keys() | differ.keys()),
        changed=_summed(differ, without=set()),
        schema_files=tuple(_printable(path) for path in sorted(schema_files)[:LISTED]),
    )


def _by_identity(
    paths: Iterable[str], schema_files: set[str]
) -> dict[tuple[str, str], Match]:
    """The matches by framework and identity; `schema_files` gets the others of interest."""
    found: dict[tuple[str, str], Match] = {}
    for path in paths:
        hit = match(path)
        if hit is not None:
            key = (hit.framework, hit.identity)
            # Of an up and a down file, or a source and its build, the shorter path.
            known = found.get(key)
            if known is None or (len(path), path) < (len(known.path), known.path):
                found[key] = hit
        elif describes_schema(path):
            schema_files.add(path)
    return found


def _summed(
    found: dict[tuple[str, str], Match], *, without: set[tuple[str, str]]
) -> Migrations:
    kept = [hit for key, hit in found.items() if key not in without]
    kept.sort(key=lambda hit: (hit.packaged, _in_number_order(hit.path)))
    counts = Counter(hit.framework for hit in kept)
    return Migrations(
        listed=tuple(
            Migration(hit.framework, hit.path, _printable(hit.name), hit.packaged)
            for hit in kept[:LISTED]
        ),
        frameworks=tuple(
            (framework, counts[framework])
            for framework in FRAMEWORKS
            if framework in counts
        ),
        packaged=sum(hit.packaged for hit in kept),
    )


def _in_number_order(path: str) -> str:
    return re.sub(r"[0-9]+", lambda digits: digits[0].zfill(20), path)


def _printable(name: str) -> str:
    """File names are whatever a tarball says; these go to terminals and pages."""
    shown = "".join(
        char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name
    )
    return shown if len(shown) <= NAME_LENGTH else shown[: NAME_LENGTH - 1] + "…"


def _count(found: Migrations) -> str:
    """`3 Django migrations`, `3 migrations (2 Django, 1 Ecto; 1 from installed packages)`."""
    noun = _plural(found, "migration", "migrations")
    notes = []
    if len(found.frameworks) == 1:
        noun = f"{found.frameworks[0][0]} {noun}"
    else:
        notes.append(", ".join(f"{count} {name}" for name, count in found.frameworks))
    if found.packaged == found.total:
        noun += " from installed packages"
    elif found.packaged:
        notes.append(f"{found.packaged} from installed packages")
    return f"{found.total} {noun}" + (f" ({'; '.join(notes)})" if notes else "")


def _plural(found: Migrations, one: str, many: str) -> str:
    return one if found.total == 1 else many


def _names(found: Migrations) -> str:
    return _shortened([migration.name for migration in found.listed], found.total)
