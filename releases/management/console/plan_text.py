"""Plans as people read them in a terminal: first what stands in the way."""

from collections.abc import Iterable, Iterator, Sequence

from releases.actors import who
from releases.code_changes import CodeChange
from releases.config import ConfigChange, KeyChange
from releases.management.console.tables import aligned, printable, shortened
from releases.management.console.words import ago, counted, listed
from releases.models import Release
from releases.plans import Plan
from releases.slugs.compare import FileChanges

OVERRIDE_PASSES = "(--override passes this.)"
COMMITS_SHOWN = 20
FILES_SHOWN = 20
RELEASES_SHOWN = 10

SIGNS = {
    KeyChange.ADDED: "+",
    KeyChange.CHANGED: "~",
    KeyChange.REMOVED: "-",
    KeyChange.KEPT: "=",
}
KEPT_BECAUSE = {"key": "is a kept key", "add-on": "belongs to an add-on"}
SCOPES = {
    Release.Scope.EVERYTHING: "code and config",
    Release.Scope.CODE: "code only",
    Release.Scope.CONFIG: "config only",
}


def plan_text(plan: Plan, *, columns: int | None) -> str:
    """Return the whole plan of a rollback."""
    paragraphs = [
        f"{plan.app}: from {plan.before} to {plan.target}, {SCOPES[plan.scope]}.",
        _blockers(plan),
        _notices("Note", [notice.sentence for notice in plan.warnings]),
        _code(plan, columns),
        _config(plan.config),
        _between(plan, columns),
        stays_text(plan),
        _goes_live(plan),
        _next_step(plan),
    ]
    return "\n\n".join(filter(None, paragraphs))


def comparison_text(plan: Plan, *, columns: int | None) -> str:
    """Return how two releases differ."""
    paragraphs = [
        f"{plan.app}: {plan.before} compared with {plan.target}.",
        _notices("Note", [notice.sentence for notice in plan.warnings]),
        _code(plan, columns),
        _config(plan.config),
        _between(plan, columns),
    ]
    return "\n\n".join(filter(None, paragraphs))


def change_lines(plan: Plan) -> str:
    """Return the same in a few lines, for after it was done."""
    config = [
        f"{change.value} {listed([c.name for c in plan.config if c.change == change])}"
        for change in KeyChange
        if any(c.change == change for c in plan.config)
    ]
    return "\n".join(
        [
            f"  Code    {_code_in_short(plan.code)}",
            f"  Config  {'; '.join(config) or 'stays as it is'}",
        ]
    )


def stops_line(plan: Plan) -> list[str]:
    """Return the line that says which processes end for good, if any do."""
    return [f"  Note    {printable(plan.stops)}"] if plan.stops else []


def stays_text(plan: Plan) -> str:
    addons = f" ({', '.join(plan.addons)})" if plan.addons else ""
    return f"Not touched: add-ons{addons}, databases, access."


def commit_line(commit: str, title: str, author: str) -> str:
    by = f", {author.partition(' <')[0]}" if author else ""
    return printable(f"{commit[:7]} {title}{by}")


def _next_step(plan: Plan) -> str:
    if plan.is_blocked:
        return "This cannot be done."
    scope = "" if plan.scope == Release.Scope.EVERYTHING else f" --scope {plan.scope}"
    override = " --override" if plan.blockers else ""
    return (
        f"To do this: manage.py rollback {plan.app} {plan.target}{scope}{override}"
        f" --plan-digest {plan.digest}"
    )


def _goes_live(plan: Plan) -> str:
    sentences = plan.goes_live.sentences if plan.goes_live else []
    return _notices("Going live", sentences)


def _blockers(plan: Plan) -> str:
    sentences = [
        f"{blocker.sentence} {OVERRIDE_PASSES}"
        if blocker.overridable
        else blocker.sentence
        for blocker in plan.blockers
    ]
    if plan.instead:
        sentences.append(
            f"Its {plan.instead} alone can be restored:"
            f" manage.py plan {plan.app} {plan.target} --scope {plan.instead}"
        )
    return _notices("Blocked", sentences)


def _notices(heading: str, sentences: Sequence[str]) -> str:
    if not sentences:
        return ""
    return "\n".join([heading, *(f"  {printable(text)}" for text in sentences)])


def _code(plan: Plan, columns: int | None) -> str:
    code = plan.code
    if not code.changed:
        return "Code stays as it is."
    return "\n".join(
        [
            f"Code {_code_in_short(code)}",
            *_commits(code, columns),
            *_files(code.files),
            *_process_types(code),
            *_migrations(plan),
        ]
    )


def _code_in_short(code: CodeChange) -> str:
    if not code.changed:
        return "stays as it is"
    if code.before is None:
        return f"{code.after}, the first, {counted(code.files.total, 'file')}"
    ends = f"{code.before} to {code.after or 'no code'}"
    return ", ".join(
        filter(None, [ends, _commits_in_short(code), _file_count(code.files)])
    )


def _commits_in_short(code: CodeChange) -> str:
    if not code.commits.known:
        both = code.before and code.before.commit and code.after and code.after.commit
        return "commits between them not known" if both else ""
    undone, redone = code.commits.undone, code.commits.redone
    if undone.total:
        return f"{counted(undone.total, 'commit')} undone"
    return f"{counted(redone.total, 'commit')} added" if redone.total else ""


def _commits(code: CodeChange, columns: int | None) -> Iterator[str]:
    undone, redone = code.commits.undone, code.commits.redone
    commits = [("-", commit) for commit in undone.listed]
    commits += [("+", commit) for commit in redone.listed]
    for sign, commit in commits[:COMMITS_SHOWN]:
        line = commit_line(commit["sha"], commit["title"], commit["author"])
        yield shortened(f"  {sign} {line}", columns)
    more = undone.total + redone.total - len(commits[:COMMITS_SHOWN])
    if more:
        yield f"  and {more:,} more commits"


def _file_count(files: FileChanges) -> str:
    if not files.total:
        return "no file differs"
    return (
        f"{counted(files.total, 'file')} {'differs' if files.total == 1 else 'differ'}"
    )


def _files(files: FileChanges) -> Iterator[str]:
    lists = (
        ("+", files.added),
        ("~", files.changed),
        ("-", files.removed),
        ("mode", files.mode_changed),
    )
    paths = [(sign, printable(path)) for sign, found in lists for path in found.paths]
    paths += [
        ("renamed", f"{printable(old)} to {printable(new)}")
        for old, new in files.renamed.pairs
    ]
    for sign, path in paths[:FILES_SHOWN]:
        yield f"  {sign} {path}"
    if files.total > FILES_SHOWN:
        yield f"  and {files.total - len(paths[:FILES_SHOWN]):,} more files"


def _process_types(code: CodeChange) -> Iterator[str]:
    types = code.process_types
    changes = [
        *(f"+ {name}" for name in types.added),
        *(f"~ {name}" for name in types.changed),
        *(f"- {name}" for name in types.removed),
    ]
    if changes:
        yield printable(f"  Process types: {', '.join(changes)}")


def _migrations(plan: Plan) -> Iterator[str]:
    # Those that were found are among the notes above.
    if not any(notice.code == "migrations_found" for notice in plan.warnings):
        yield f"  {migrations_sentence(plan)}"


def migrations_sentence(plan: Plan) -> str:
    return plan.code.migrations.sentence(str(plan.target), current=str(plan.before))


def _config(changes: Iterable[ConfigChange]) -> str:
    lines = [
        f"  {SIGNS[change.change]} {change.name}{_why(change)}" for change in changes
    ]
    return "\n".join(["Config", *lines]) if lines else "Config stays as it is."


def _why(change: ConfigChange) -> str:
    if change.change != KeyChange.KEPT:
        return ""
    return f" keeps its current value: it {KEPT_BECAUSE[change.why]}"


def _between(plan: Plan, columns: int | None) -> str:
    if not plan.between:
        return ""
    rows = [
        (
            str(release),
            release.description,
            who(release.actor_email),
            ago(release.created_at),
        )
        for release in plan.between[:RELEASES_SHOWN]
    ]
    lines = aligned(rows, columns=columns and columns - 2, shorten=(1, 2)).splitlines()
    older = min(plan.before.version, plan.target.version)
    more = plan.between_total - len(rows)
    return "\n".join(
        [
            f"Released after v{older}",
            *(f"  {line}" for line in lines),
            *([f"  and {more:,} more"] if more > 0 else []),
        ]
    )
