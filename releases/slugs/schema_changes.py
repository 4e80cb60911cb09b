"""Which database migrations differ between two slugs, judged by their files' paths alone."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from releases.slugs.migration_layouts import (
    FRAMEWORKS,
    Match,
    describes_schema,
    match,
)

LISTED = 100
NAMED = 6
NAME_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration, however many files it has. `name` is printable; `path` may not be.

    A `packaged` one comes with an installed package, and runs when the app's own do.
    """

    framework: str
    path: str
    name: str
    packaged: bool = False


@dataclass(frozen=True, slots=True)
class Migrations:
    """The first LISTED of some migrations, the app's own before packaged ones."""

    listed: Sequence[Migration] = ()
    by_framework: Sequence[tuple[str, int]] = ()
    packaged: int = 0

    @property
    def total(self) -> int:
        return sum(count for _, count in self.by_framework)


@dataclass(frozen=True, slots=True)
class MigrationsFound:
    """What differs on the way to a target; false when nothing does.

    `removed` are in the current code and not in the target, `added` the reverse.
    `schema_files` differ too: they describe a database, and do not change it.
    """

    added: Migrations = Migrations()
    removed: Migrations = Migrations()
    changed: Migrations = Migrations()
    schema_files: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.total or self.schema_files)

    @property
    def total(self) -> int:
        return self.added.total + self.removed.total + self.changed.total

    def sentence(
        self, target: str = "the target", *, current: str = "the running code"
    ) -> str:
        """Name what was found, and say what that cannot tell."""
        if not self.total:
            return _none_found(self.schema_files)
        said = [
            _removed_sentence(self.removed, current, target),
            _added_sentence(self.added, current, target),
            _changed_sentence(self.changed, current, target),
        ]
        if self.schema_files:
            said.append(f"{_schema_files_differ(self.schema_files)} too.")
        return " ".join(filter(None, said))


def find_migrations(
    added: Iterable[str], removed: Iterable[str], changed: Iterable[str]
) -> MigrationsFound:
    """Find the migrations among the paths of the files that differ between two slugs."""
    schema_files: set[str] = set()
    came = _matches(added, schema_files)
    went = _matches(removed, schema_files)
    stayed = _matches(changed, schema_files)
    # One that only moved (under another Python, from src/ to dist/) is on both sides;
    # one whose down file is new was there before.
    return MigrationsFound(
        added=_summed(came, on_both_sides=went.keys() | stayed.keys()),
        removed=_summed(went, on_both_sides=came.keys() | stayed.keys()),
        changed=_summed(stayed),
        schema_files=tuple(map(_printable, sorted(schema_files)[:LISTED])),
    )


def _matches(paths: Iterable[str], schema_files: set[str]) -> dict[str, Match]:
    """Return one match for each migration; what else tells of a schema goes to the set."""
    matches: dict[str, Match] = {}
    for path in paths:
        found = match(path)
        if found is None:
            if describes_schema(path):
                schema_files.add(path)
            continue
        key = f"{found.framework}\0{found.identity}"
        known = matches.get(key)
        # Of the up and the down file, or the source and its build, the shorter path.
        if known is None or (len(path), path) < (len(known.path), known.path):
            matches[key] = found
    return matches


def _summed(
    matches: dict[str, Match], on_both_sides: Collection[str] = ()
) -> Migrations:
    kept = [found for key, found in matches.items() if key not in on_both_sides]
    kept.sort(key=lambda found: (found.packaged, _in_number_order(found.path)))
    counts = Counter(found.framework for found in kept)
    return Migrations(
        listed=tuple(
            Migration(
                found.framework, found.path, _printable(found.name), found.packaged
            )
            for found in kept[:LISTED]
        ),
        by_framework=tuple((name, counts[name]) for name in FRAMEWORKS if counts[name]),
        packaged=sum(found.packaged for found in kept),
    )


def _in_number_order(path: str) -> str:
    return re.sub(r"\d+", lambda digits: digits[0].zfill(20), path)


def _printable(name: str) -> str:
    """Make a name fit for terminals and pages: tarballs may hold any."""
    shown = "".join(char if char.isprintable() else "\ufffd" for char in name)
    return shown if len(shown) <= NAME_LENGTH else f"{shown[: NAME_LENGTH - 1]}…"


def _removed_sentence(some: Migrations, current: str, target: str) -> str:
    if not some.total:
        return ""
    are, they = ("is", "it") if some.total == 1 else ("are", "they")
    return (
        f"{_count(some)} {are} in {current} and not in {target}: {_names(some)}."
        f" The database keeps whatever {they} did; Rollbook never touches it."
    )


def _added_sentence(some: Migrations, current: str, target: str) -> str:
    if not some.total:
        return ""
    are, they = ("is", "it") if some.total == 1 else ("are", "they")
    return (
        f"{_count(some)} {are} in {target} and not in {current}: {_names(some)}."
        f" Whether {they} ran on the database before is not seen."
    )


def _changed_sentence(some: Migrations, current: str, target: str) -> str:
    if not some.total:
        return ""
    differ = "differs" if some.total == 1 else "differ"
    return (
        f"{_count(some)} {differ} between {current} and {target}: {_names(some)}."
        " The database keeps what already ran as it ran."
    )


def _none_found(schema_files: Sequence[str]) -> str:
    known = _shortened(FRAMEWORKS, len(FRAMEWORKS))
    sentence = f"No migration files of {known} layouts differ between the two"
    if schema_files:
        sentence = f"{_schema_files_differ(schema_files)}, but {sentence[0].lower()}{sentence[1:]}"
    return f"{sentence}. Other ways of changing a database are not seen."


def _schema_files_differ(schema_files: Sequence[str]) -> str:
    verb = "differs" if len(schema_files) == 1 else "differ"
    return f"{_shortened(schema_files, len(schema_files))} {verb}"


def _count(some: Migrations) -> str:
    """Say `3 Django migrations`, or `3 migrations (2 Django, 1 Ecto)`."""
    noun = "migration" if some.total == 1 else "migrations"
    notes = []
    if len(some.by_framework) == 1:
        noun = f"{some.by_framework[0][0]} {noun}"
    else:
        notes.append(", ".join(f"{count} {name}" for name, count in some.by_framework))
    if some.packaged == some.total:
        noun = f"{noun} from installed packages"
    elif some.packaged:
        notes.append(f"{some.packaged} from installed packages")
    return f"{some.total} {noun}" + (f" ({'; '.join(notes)})" if notes else "")


def _names(some: Migrations) -> str:
    return _shortened([migration.name for migration in some.listed], some.total)


def _shortened(names: Sequence[str], total: int) -> str:
    if total <= NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:NAMED])} and {total - NAMED} more"
