"""Plans: what going from one release to another means, to be read before it is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from releases.actors import Actor
from releases.chain import digest_of
from releases.code_changes import CodeChange, code_change
from releases.config import ConfigChange, KeyChange, key_changes, vars_of
from releases.errors import Conflict, NotFound
from releases.formation import stopped_by, stopped_words
from releases.going_live import GoesLive, how_it_goes_live
from releases.models import App, Release
from releases.permissions import Action, require
from releases.restoring import (
    Notice,
    Outcome,
    Scope,
    Standpoint,
    blockers,
    is_blocked,
    kept,
    outcome,
    standpoint,
    with_bad_mark,
)

BETWEEN_LIMIT = 100
STOPS = "processes_stop"


@dataclass(frozen=True)
class Plan:
    """What going from release `before` to `target` means.

    `between` are the releases that come after the older one, newest first, bounded;
    `addons`, by their plans, stay as they are, as databases and access do. A plan with blockers cannot
    be executed, or only by overriding those that allow it. `digest` is over ids alone:
    executing quotes it, and if anything moved meanwhile nothing happens. How it goes
    live is not in it: a process that ends meanwhile makes no other plan. `obstacles` are
    the blockers in each scope, in this one and in the others.
    """

    app: App
    before: Release
    target: Release
    scope: Scope
    outcome: Outcome
    code: CodeChange
    config: Sequence[ConfigChange]
    addons: Sequence[str]
    between: Sequence[Release]
    between_total: int
    obstacles: Mapping[Scope, Sequence[Notice]] = field(default_factory=dict)
    warnings: Sequence[Notice] = ()
    goes_live: GoesLive | None = None
    digest: str = ""

    @property
    def stops(self) -> str:
        """Say which processes end for good, if any do."""
        return "".join(note.sentence for note in self.warnings if note.code == STOPS)

    @property
    def blockers(self) -> Sequence[Notice]:
        return self.obstacles.get(self.scope, ())

    @property
    def is_blocked(self) -> bool:
        return is_blocked(self.blockers)

    @property
    def instead(self) -> Scope | None:
        return instead(self.scope, self.obstacles)

    @property
    def why_in_part(self) -> Sequence[Notice]:
        """Why a part can be restored, and everything cannot; nothing where both can."""
        whole = self.obstacles.get(Scope.EVERYTHING, ())
        return whole if is_blocked(whole) and not self.is_blocked else ()


class PlanMoved(Conflict):
    """Something moved since the plan was read; nothing was done. Carries a fresh one."""

    code = "plan_moved"

    def __init__(self, plan: Plan) -> None:
        super().__init__(
            f"{plan.app} moved since this plan was made, so nothing was done."
            " Read the new plan."
        )
        self.plan = plan


@dataclass(frozen=True)
class Survey:
    """What a rollback is judged by: read by the plan, and again under the lock."""

    now: Standpoint
    target: Release
    scope: Scope
    outcome: Outcome
    kept: Sequence[tuple[str, str]]
    pending: Release | None
    is_bad: bool
    obstacles: Mapping[Scope, Sequence[Notice]]

    @property
    def blockers(self) -> Sequence[Notice]:
        return self.obstacles[self.scope]

    @property
    def instead(self) -> Scope | None:
        return instead(self.scope, self.obstacles)

    @property
    def digest(self) -> str:
        return digest_of(
            {
                "current": str(self.now.current.pk),
                "target": str(self.target.pk),
                "scope": self.scope.value,
                "slug": self.outcome.slug and str(self.outcome.slug.pk),
                "config": [str(var.pk) for var in self.outcome.config_vars.values()],
                "kept_keys": sorted(self.now.kept_keys),
                "bad": self.is_bad,
                "pending": self.pending and str(self.pending.pk),
            }
        )


def instead(scope: Scope, obstacles: Mapping[Scope, Sequence[Notice]]) -> Scope | None:
    """Return the part that can be restored where everything was asked for and cannot be.

    There is one at most: what blocks everything blocks its code, or its config.
    """
    if scope != Scope.EVERYTHING or not is_blocked(obstacles.get(scope, ())):
        return None
    return next((part for part in Scope if not is_blocked(obstacles[part])), None)


def in_part(scope: Scope) -> str:
    """Say which part can be restored, and how one asks for it."""
    return f"Its {scope} alone can be restored: ask for the scope {scope}."


def survey(app: App, version: int, scope: Scope) -> Survey:
    """Read what a rollback of `app` to `version` is judged by, in two queries.

    Raises NotFound if there is no such release.
    """
    wanted = Q(pk=app.current_release_id) | Q(version=version) | Q(status="pending")
    found = (
        with_bad_mark(app.releases.filter(wanted))
        .select_related("slug__blob", "config_set")
        .order_by()
    )
    releases = {release.version: release for release in found}
    by_id = {release.pk: release for release in found}
    if version not in releases:
        raise NotFound(f"{app} has no release v{version}.")
    current, target = by_id[app.current_release_id], releases[version]
    current_vars, target_vars = vars_of(current.config_set, target.config_set)
    now = standpoint(app, current, current_vars)
    results = {each: outcome(now, target, target_vars, each) for each in Scope}
    is_bad = bool(getattr(target, "is_bad", False))
    return Survey(
        now=now,
        target=target,
        scope=scope,
        outcome=results[scope],
        kept=kept(now, target_vars, scope),
        pending=next((r for r in releases.values() if r.status == "pending"), None),
        is_bad=is_bad,
        obstacles={
            each: blockers(now, target, result, each, is_bad=is_bad)
            for each, result in results.items()
        },
    )


def plan(*, app: App, to: int, scope: Scope = Scope.EVERYTHING, actor: Actor) -> Plan:
    """Return the plan of rolling `app` back, or forward, to release `to`.

    Raises NotFound if there is no such app or release for this actor.
    """
    require(actor, app, Action.SEE)
    app = App.objects.get(pk=app.pk)
    return plan_of(survey(app, to, scope), actor=actor)


def plan_of(seen: Survey, *, actor: Actor) -> Plan:
    """Return the plan that belongs to a survey."""
    now, target = seen.now, seen.target
    between = _releases_between(now.app, target.version, now.current.version)
    code = code_change(now.current.slug, seen.outcome.slug)
    changes = [
        *key_changes(now.config_vars, seen.outcome.config_vars),
        *(ConfigChange(name, KeyChange.KEPT, why) for name, why in seen.kept),
    ]
    return Plan(
        app=now.app,
        before=now.current,
        target=target,
        scope=seen.scope,
        outcome=seen.outcome,
        code=code,
        config=sorted(changes, key=lambda change: change.name),
        addons=now.current.addon_plan_names,
        between=between,
        between_total=abs(now.current.version - target.version),
        obstacles=seen.obstacles,
        warnings=[*_warnings(seen, code, between, actor), *_stopped(now.app, code)],
        goes_live=None
        if is_blocked(seen.blockers)
        else how_it_goes_live(now.app, seen.outcome),
        digest=seen.digest,
    )


def compare(*, app: App, old: int, new: int, actor: Actor) -> Plan:
    """Return how release `new` of `app` differs from `old`, whatever runs now.

    It has no blockers and no digest: it cannot be executed.
    """
    require(actor, app, Action.SEE)
    found = app.releases.filter(version__in=[old, new]).select_related(
        "slug__blob", "config_set", "restores"
    )
    releases = {release.version: release for release in found}
    for version in (old, new):
        if version not in releases:
            raise NotFound(f"{app} has no release v{version}.")
    before, after = releases[old], releases[new]
    old_vars, new_vars = vars_of(before.config_set, after.config_set)
    code = code_change(before.slug, after.slug)
    between = _releases_between(app, old, new)
    return Plan(
        app=app,
        before=before,
        target=after,
        scope=Scope.EVERYTHING,
        outcome=Outcome(after.slug, new_vars),
        code=code,
        config=key_changes(old_vars, new_vars),
        addons=app.current_release.addon_plan_names,
        between=between,
        between_total=abs(new - old),
        warnings=_stopped(app, code),
    )


def _releases_between(app: App, one: int, other: int) -> list[Release]:
    """Return the releases above the older one up to the newer one, newest first."""
    within = app.releases.filter(
        version__gt=min(one, other), version__lte=max(one, other)
    )
    return list(within.order_by("-version")[:BETWEEN_LIMIT])


def _warnings(
    seen: Survey, code: CodeChange, between: Sequence[Release], actor: Actor
) -> list[Notice]:
    found = []
    if seen.pending:
        found.append(
            Notice(
                "supersedes_pending",
                f"{seen.pending} is pending; this rollback ends it as failed.",
            )
        )
    others = sorted(
        {
            release.actor_email
            for release in between
            if release.actor_email != actor.user.email
        }
    )
    if others:
        found.append(
            Notice(
                "others_released",
                f"Also released since {seen.target}: {', '.join(others)}.",
            )
        )
    if code.migrations:
        found.append(
            Notice("migrations_found", code.migrations.sentence(str(seen.target)))
        )
    return found


def _stopped(app: App, code: CodeChange) -> list[Notice]:
    sentence = stopped_words(stopped_by(app, code.before, code.after))
    return [Notice(STOPS, sentence)] if sentence else []
