"""What going to a release would lead to, and what stands in the way.

Judged in one place for plans, rollbacks, lists (`eligible_for_rollback`) and the
default target, so that they never disagree.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Exists, OuterRef, Q, QuerySet

from releases.config import Vars, same_values, vars_of
from releases.models import App, Mark, Release, Slug

Scope = Release.Scope

# How far back the last known good is looked for; a bound on work, not on history.
LAST_KNOWN_GOOD_WINDOW = 200
BATCH = 20


@dataclass(frozen=True)
class Notice:
    """A blocker or a warning: a code for programs and a sentence for people.

    An overridable blocker is one that the person may choose to pass.
    """

    code: str
    sentence: str
    overridable: bool = False


@dataclass(frozen=True)
class Standpoint:
    """Where an app stands: its current release and config, and the keys it keeps."""

    app: App
    current: Release
    config_vars: Vars
    kept_keys: frozenset[str]

    @cached_property
    def held(self) -> Vars:
        """What no rollback changes: the add-ons' own config vars, and those of kept keys."""
        return {
            name: var
            for name, var in self.config_vars.items()
            if var.addon_id or name in self.kept_keys
        }


@dataclass(frozen=True)
class Outcome:
    """The slug and the effective config that going to a release leads to."""

    slug: Slug | None
    config_vars: Vars


def standpoint(app: App, current: Release, config_vars: Vars) -> Standpoint:
    return Standpoint(app, current, config_vars, frozenset(app.kept_keys))


def with_bad_mark(releases: QuerySet[Release]) -> QuerySet[Release]:
    """Note on each release whether it is marked bad, as `is_bad`."""
    bad = Mark.objects.filter(
        release=OuterRef("pk"), kind=Mark.Kind.BAD, cleared_at=None
    )
    return releases.annotate(is_bad=Exists(bad))


def _with_bad_twin(releases: QuerySet[Release]) -> QuerySet[Release]:
    """Note as `is_bad` also what ran the same as a release that is marked bad."""
    itself = Q(release=OuterRef("pk"))
    twin = Q(release__slug=OuterRef("slug"), release__config_set=OuterRef("config_set"))
    of_app = Mark.objects.filter(app=OuterRef("app"), kind=Mark.Kind.BAD)
    bad = of_app.filter(itself | twin, cleared_at=None)
    return releases.annotate(is_bad=Exists(bad))


def outcome(
    now: Standpoint, target: Release, target_vars: Vars, scope: Scope
) -> Outcome:
    """Work out what `target` leads to from `now`.

    Kept keys and the add-ons' own keys take their current value, absent ones stay
    absent, and the keys of a detached add-on drop out.
    """
    slug = now.current.slug if scope == Scope.CONFIG else target.slug
    if scope == Scope.CODE:
        return Outcome(slug, now.config_vars)
    restored = {
        name: var
        for name, var in target_vars.items()
        if not var.addon_id and name not in now.kept_keys and name not in now.held
    }
    return Outcome(slug, dict(sorted({**restored, **now.held}.items())))


def kept(now: Standpoint, target_vars: Vars, scope: Scope) -> list[tuple[str, str]]:
    """Return the keys that differ in a target and stay as they are, in order of name.

    With each stands what holds it: "key" for a kept key, or "add-on".
    """
    if scope == Scope.CODE:
        return []
    found = []
    for name, var in sorted({**target_vars, **now.held}.items()):
        holder = "add-on" if var.addon_id else "key" if name in now.kept_keys else ""
        if holder and _differs(now.config_vars, target_vars, name):
            found.append((name, holder))
    return found


def same_code(a: Slug | None, b: Slug | None) -> bool:
    """Whether two slugs would run the same."""
    if a is None or b is None:
        return a is b
    return a.pk == b.pk or (
        a.blob_id == b.blob_id and a.process_types == b.process_types
    )


def changes_something(now: Standpoint, result: Outcome) -> bool:
    return not (
        same_code(now.current.slug, result.slug)
        and same_values(now.config_vars, result.config_vars)
    )


def blockers(
    now: Standpoint, target: Release, result: Outcome, scope: Scope, *, is_bad: bool
) -> list[Notice]:
    """Return why `target` cannot be restored in `scope`; nothing when it can."""
    if not target.has_succeeded:
        return [_never_live(target)]
    found = [
        *_missing_code(now, target, scope),
        *_erased_values(now, target, result),
    ]
    if is_bad:
        found.append(Notice("marked_bad", f"{target} is marked bad.", overridable=True))
    if not found and not changes_something(now, result):
        found.append(_nothing_changes(now, target, scope))
    return found


def is_blocked(notices: Iterable[Notice]) -> bool:
    """Whether any of these is a blocker that nobody may pass."""
    return any(not notice.overridable for notice in notices)


def eligible(
    now: Standpoint,
    releases: Mapping[Release, Vars],
    scope: Scope = Scope.EVERYTHING,
) -> set[Release]:
    """Return those of `releases` that can be rolled back to; the current one always is.

    They come from `with_bad_mark`, with slug and blob, and each with its config vars.
    """
    return {
        release
        for release, config_vars in releases.items()
        if release.pk == now.current.pk
        or not blockers(
            now,
            release,
            outcome(now, release, config_vars, scope),
            scope,
            is_bad=getattr(release, "is_bad", False),
        )
    }


def last_known_good(now: Standpoint, scope: Scope = Scope.EVERYTHING) -> Release | None:
    """Return the default target of a rollback.

    That is the newest release before the current one that can be restored in `scope`,
    differs from it in effect, is not marked bad, nor is a copy of it, and was not itself
    undone by a rollback.
    """
    # A rollback undoes what it went over: the releases above the one it restored.
    floor = _went_to(now.current)
    for _ in range(LAST_KNOWN_GOOD_WINDOW // BATCH):
        batch = list(_succeeded_before(now.current, floor)[:BATCH])
        not_undone = []
        for release in batch:
            if release.version <= floor:
                not_undone.append(release)
                floor = min(floor, _went_to(release))
        configs = vars_of(*(release.config_set for release in not_undone))
        restorable = eligible(now, dict(zip(not_undone, configs, strict=True)), scope)
        for release in not_undone:
            if release in restorable:
                return release
        if len(batch) < BATCH:
            break
        floor = min(floor, batch[-1].version - 1)
    return None


def _succeeded_before(current: Release, floor: int) -> QuerySet[Release]:
    older = Release.objects.filter(
        app=current.app_id,
        status=Release.Status.SUCCEEDED,
        version__lt=current.version,
        version__lte=floor,
    )
    return (
        _with_bad_twin(older)
        .select_related("slug__blob", "config_set", "restores")
        .order_by("-version")
    )


def _went_to(release: Release) -> int:
    return release.restores.version if release.restores else release.version


def _differs(a: Vars, b: Vars, name: str) -> bool:
    """Whether the key `name` has another value in `a` than in `b`, or none in one."""
    left, right = a.get(name), b.get(name)
    if left is None or right is None:
        return left is not right
    return left.fingerprint != right.fingerprint


def _never_live(target: Release) -> Notice:
    said = "is still pending" if target.status == "pending" else "failed"
    return Notice("never_live", f"{target} {said}, so it was never live.")


def _missing_code(now: Standpoint, target: Release, scope: Scope) -> list[Notice]:
    if scope == Scope.CONFIG:
        return []
    if target.slug is None:
        if now.current.slug is None:
            return []
        # Where everything was asked for, the plan says whether config alone could.
        advice = (
            "" if scope == Scope.EVERYTHING else "; only its config can be restored"
        )
        sentence = f"{target} has no code, and {now.app} runs some{advice}."
        return [Notice("no_code", sentence)]
    if target.slug.blob is None or not target.slug.blob.is_stored:
        return [Notice("expired", f"The code of {target} was pruned and is gone.")]
    return []


def _erased_values(now: Standpoint, target: Release, result: Outcome) -> list[Notice]:
    # What stays as it is now is not restored: it may be lost with the master key.
    erased = [
        name
        for name, var in result.config_vars.items()
        if var.erased_at and now.config_vars.get(name) != var
    ]
    if not erased:
        return []
    names = ", ".join(erased)
    return [Notice("value_erased", f"{target} has a value that was erased: {names}.")]


def _nothing_changes(now: Standpoint, target: Release, scope: Scope) -> Notice:
    if target.pk == now.current.pk:
        return Notice("nothing_changes", f"{target} is what {now.app} runs now.")
    what = {
        Scope.EVERYTHING: "code and config",
        Scope.CODE: "code",
        Scope.CONFIG: "config",
    }[scope]
    return Notice(
        "nothing_changes",
        f"Nothing would change: {now.app} runs the {what} of {target} already.",
    )
