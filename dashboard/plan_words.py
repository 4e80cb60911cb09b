"""Plans and comparisons as pages show them: lists with their signs, and sentences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dashboard.app_page import few_keys
from dashboard.people import person
from dashboard.times import counted
from releases.code_changes import CodeChange
from releases.config import ConfigChange, KeyChange
from releases.models import Release
from releases.plans import Plan
from releases.restoring import Scope

COMMITS_SHOWN = 50
FILES_SHOWN = 200
SIGNS = {
    KeyChange.ADDED: ("add", "+"),
    KeyChange.CHANGED: ("mod", "~"),
    KeyChange.REMOVED: ("del", "−"),
    KeyChange.KEPT: ("kept", "="),
}
KEPT_BECAUSE = {"key": "a kept key", "add-on": "an add-on's own"}


@dataclass(frozen=True)
class Line:
    """One thing that changes: how, and a word for those who do not see the sign.

    `has_lines` where it is a file of which lines may differ. `since` is the release that
    changed it last, where that is known.
    """

    css: str
    sign: str
    name: str
    words: str
    has_lines: bool = True
    since: Release | None = None


@dataclass(frozen=True)
class Changes:
    """What differs between two releases, in words.

    `commits` and `files` are bounded; the sentences count them all.
    """

    plan: Plan
    code_changed: bool
    before_sha: str
    after_sha: str
    commit_words: str
    commits: Sequence[Line]
    file_words: str
    files: Sequence[Line]
    more_files: int
    config: Sequence[Line]
    process_types: Sequence[Line]
    stops: str
    migrations: Sequence[str]
    migrations_title: str
    migrations_sentence: str


def changes_of(plan: Plan, since: Mapping[str, Release] | None = None) -> Changes:
    """Say what differs; `since` are the releases that changed keys last."""
    code = plan.code
    files = list(_files(code))
    found = code.migrations
    return Changes(
        plan=plan,
        code_changed=code.changed,
        before_sha=str(code.before or ""),
        after_sha=str(code.after or ""),
        commit_words=_commit_words(code),
        commits=list(_commits(code))[:COMMITS_SHOWN],
        file_words=_file_words(code),
        files=files[:FILES_SHOWN],
        more_files=max(0, code.files.total - FILES_SHOWN),
        config=[
            replace(config_line(change), since=(since or {}).get(change.name))
            for change in plan.config
        ],
        process_types=list(_process_types(code)),
        stops=plan.stops,
        migrations=[
            migration.name
            for some in (found.removed, found.added, found.changed)
            for migration in some.listed
        ],
        migrations_title=f"{counted(found.total, 'database migration')}"
        f" {'differs' if found.total == 1 else 'differ'}",
        migrations_sentence=found.sentence(str(plan.target), current=str(plan.before)),
    )


def between_words(plan: Plan) -> list[tuple[str, str, str]]:
    """Return version, description and person of each release in between."""
    return [
        (str(release), few_keys(release), person(release.actor_email).name)
        for release in plan.between
    ]


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    words: str


def scope_choices(plan: Plan) -> list[Choice]:
    """Return what can be rolled back, each with what it leaves alone, or why not."""
    words = {
        Scope.EVERYTHING: f"What {plan.target} ran",
        Scope.CODE: f"Keep the config vars of {plan.before}",
        Scope.CONFIG: f"Keep the code of {plan.before}",
    }
    return [
        Choice(scope.value, scope.label, _why_not(plan, scope) or words[scope])
        for scope in Scope
    ]


def _why_not(plan: Plan, scope: Scope) -> str:
    for notice in plan.obstacles.get(scope, ()):
        if notice.code == "nothing_changes":
            return "Nothing would change"
        if not notice.overridable:
            return "Cannot be restored"
    return ""


def _commit_words(code: CodeChange) -> str:
    if not code.commits.known:
        return "which commits lie between is not known"
    undone, redone = code.commits.undone.total, code.commits.redone.total
    if undone:
        return f"{counted(undone, 'commit')} undone"
    return f"{counted(redone, 'commit')} added" if redone else "Same commit"


def _commits(code: CodeChange) -> Iterator[Line]:
    for css, sign, words, commits in (
        ("del", "−", "undone", code.commits.undone),
        ("add", "+", "added", code.commits.redone),
    ):
        for commit in commits.listed:
            author = commit["author"].partition(" <")[0]
            yield Line(
                css,
                sign,
                f"{commit['sha'][:7]} {commit['title']}",
                f"{words}, {author}",
            )


def _file_words(code: CodeChange) -> str:
    total = code.files.total
    if not total:
        return "no file differs"
    return f"{counted(total, 'file')} {'differs' if total == 1 else 'differ'}"


def _files(code: CodeChange) -> Iterator[Line]:
    for css, sign, words, found in (
        ("add", "+", "added", code.files.added),
        ("mod", "~", "changed", code.files.changed),
        ("del", "−", "removed", code.files.removed),
        ("mod", "~", "permissions changed", code.files.mode_changed),
    ):
        for path in found.paths:
            yield Line(css, sign, path, words)
    for old, new in code.files.renamed.pairs:
        yield Line("mod", "→", f"{old} → {new}", "renamed", has_lines=False)


def config_line(change: ConfigChange) -> Line:
    css, sign = SIGNS[change.change]
    words = (
        f"keeps its current value: {KEPT_BECAUSE[change.why]}"
        if change.change == KeyChange.KEPT
        else change.change.value
    )
    return Line(css, sign, change.name, words)


def _process_types(code: CodeChange) -> Iterator[Line]:
    types = code.process_types
    for css, sign, words, names in (
        ("add", "+", "added", types.added),
        ("mod", "~", "command changed", types.changed),
        ("del", "−", "removed", types.removed),
    ):
        for name in names:
            yield Line(css, sign, name, words)
