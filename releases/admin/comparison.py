"""The diff of one release against another: keys without their values, and code."""

from collections.abc import Sequence
from dataclasses import dataclass

from releases.actors import Actor
from releases.admin.cells import SIGNS
from releases.config import ConfigChange, KeyChange
from releases.errors import NotFound
from releases.lineage import live_before
from releases.models import Release
from releases.models.release import version_in
from releases.plans import Plan, compare

KEYS_SHOWN = 50
COMMITS_SHOWN = 20
PATHS_SHOWN = 100
TYPES_SHOWN = 20
TYPED_LIMIT = 40


@dataclass(frozen=True)
class Line:
    """One line of a diff: a sign, its word, and what it is about."""

    sign: str
    word: str
    text: str


@dataclass(frozen=True)
class Lines:
    """Lines of a diff as far as they are shown, and how many more there are."""

    shown: Sequence[Line] = ()
    more: int = 0


@dataclass(frozen=True)
class KeyRow:
    """A key that differs: whether it is set on either side, never to what."""

    sign: str
    word: str
    name: str
    before: bool
    after: bool


@dataclass(frozen=True)
class Comparison:
    """How a release differs from another one.

    `asked` is what was typed to choose that one, `refusal` why it could not be taken:
    then the comparison is with the release that was live before. `plan` is None where
    there is none.
    """

    asked: str
    refusal: str
    plan: Plan | None
    keys: Sequence[KeyRow] = ()
    unchanged: Sequence[str] = ()
    commits: Lines = Lines()
    files: Lines = Lines()
    process_types: Lines = Lines()
    migrations: str = ""

    @property
    def first_keys(self) -> Sequence[KeyRow]:
        return self.keys[:KEYS_SHOWN]

    @property
    def more_keys(self) -> Sequence[KeyRow]:
        return self.keys[KEYS_SHOWN:]


def compared(release: Release, asked: str, *, actor: Actor) -> Comparison:
    """Return how `release` differs from the version `asked` for.

    Without one, or with one that cannot be, from what was live before it.
    """
    asked = asked.strip()[:TYPED_LIMIT]
    plan, refusal = None, ""
    if asked:
        try:
            plan = _plan(release, version_in(asked), actor)
        except NotFound as unknown:
            refusal = str(unknown)
        else:
            refusal = "" if plan else _no_other_version(release, asked)
    if plan is None:
        before = live_before(release)
        plan = _plan(release, before.version if before else None, actor)
    return _comparison(asked, refusal, plan)


def _plan(release: Release, version: int | None, actor: Actor) -> Plan | None:
    if version is None or version == release.version:
        return None
    return compare(app=release.app, old=version, new=release.version, actor=actor)


def _no_other_version(release: Release, asked: str) -> str:
    if version_in(asked) is None:
        return f"“{asked}” is no version; a version is a number, as in 12."
    return f"{release} is this release itself."


def _comparison(asked: str, refusal: str, plan: Plan | None) -> Comparison:
    if plan is None:
        return Comparison(asked, refusal, None)
    changed = {change.name for change in plan.config}
    return Comparison(
        asked=asked,
        refusal=refusal,
        plan=plan,
        keys=[_key_row(change) for change in plan.config],
        unchanged=[name for name in plan.outcome.config_vars if name not in changed],
        commits=_commits(plan),
        files=_files(plan),
        process_types=_process_types(plan),
        migrations=plan.code.migrations.sentence(
            str(plan.target), current=str(plan.before)
        ),
    )


def _key_row(change: ConfigChange) -> KeyRow:
    return KeyRow(
        sign=SIGNS[change.change],
        word=change.change.value,
        name=change.name,
        before=change.change != KeyChange.ADDED,
        after=change.change != KeyChange.REMOVED,
    )


def _line(change: KeyChange, text: str, word: str = "") -> Line:
    return Line(SIGNS[change], word or change.value, text)


def _commits(plan: Plan) -> Lines:
    undone, redone = plan.code.commits.undone, plan.code.commits.redone
    lines = [
        _line(change, f"{commit['sha'][:7]} {commit['title']}")
        for change, commits in (
            (KeyChange.REMOVED, undone.listed),
            (KeyChange.ADDED, redone.listed),
        )
        for commit in commits
    ]
    shown = lines[:COMMITS_SHOWN]
    return Lines(shown, undone.total + redone.total - len(shown))


def _files(plan: Plan) -> Lines:
    files = plan.code.files
    lines = [
        _line(change, path, word)
        for change, word, found in (
            (KeyChange.ADDED, "", files.added),
            (KeyChange.CHANGED, "", files.changed),
            (KeyChange.CHANGED, "mode changed", files.mode_changed),
            (KeyChange.REMOVED, "", files.removed),
        )
        for path in found.paths
    ]
    lines += [
        _line(KeyChange.CHANGED, f"{old} → {new}", "renamed")
        for old, new in files.renamed.pairs
    ]
    shown = lines[:PATHS_SHOWN]
    return Lines(shown, files.total - len(shown))


def _process_types(plan: Plan) -> Lines:
    types = plan.code.process_types
    lines = [
        *(_line(KeyChange.ADDED, name) for name in types.added),
        *(_line(KeyChange.CHANGED, name) for name in types.changed),
        *(_line(KeyChange.REMOVED, name) for name in types.removed),
    ]
    return Lines(lines[:TYPES_SHOWN], max(0, len(lines) - TYPES_SHOWN))
