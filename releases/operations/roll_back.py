from django.db import transaction

from releases.actors import Actor
from releases.config import Vars, key_changes, make_config_set
from releases.errors import Conflict, OperationRefused
from releases.models import App, ConfigSet, Mark, Release
from releases.operations.inputs import clean_text, clean_url, require_text
from releases.operations.ledger import (
    Detail,
    Request,
    append_release,
    lock_app,
    release_made_by,
    stopped_detail,
)
from releases.operations.mark_release import is_marked, put_mark
from releases.operations.settle_release import end_pending
from releases.permissions import Action
from releases.plans import PlanMoved, Survey, in_part, plan_of, survey
from releases.restoring import Scope


@transaction.atomic
def roll_back(
    *,
    app: App,
    to: int,
    actor: Actor,
    scope: Scope = Scope.EVERYTHING,
    plan_digest: str = "",
    reason: str = "",
    incident_url: str = "",
    override: bool = False,
    mark_bad: bool = False,
    idempotency_key: str = "",
) -> Release:
    """Run again what release `to` ran, or a part of it, as a new release.

    With `plan_digest`, only if the plan still stands: else PlanMoved carries a fresh
    one and nothing is done. A pending release is superseded; a hold does not matter.
    Refuses with the first blocker of the plan; `override` passes those that allow it.
    `mark_bad` also marks what ran until now, which takes a reason.
    """
    request = Request.of(
        idempotency_key,
        do="rollback",
        to=to,
        scope=scope.value,
        reason=reason,
        incident_url=incident_url,
        override=override,
        mark_bad=mark_bad,
    )
    app = lock_app(app, actor=actor, to_do=Action.ROLL_BACK)
    if earlier := release_made_by(app, actor, request):
        return earlier
    reason = (require_text if mark_bad else clean_text)(reason, "reason")
    incident_url = clean_url(incident_url, "incident link")
    seen = survey(app, to, scope)
    if plan_digest and plan_digest != seen.digest:
        raise PlanMoved(plan_of(seen, actor=actor))
    overridden = _refuse_blocked(seen, override=override)
    description = f"Rollback to {seen.target}"
    if seen.pending:
        _supersede(app, seen.pending, actor=actor, by=description)
    release = append_release(
        app,
        actor=actor,
        kind=Release.Kind.ROLLBACK,
        description=description + _SCOPE_WORDS[scope],
        slug=seen.outcome.slug,
        config_set=_config_set(app, seen),
        addon_plan_names=seen.now.current.addon_plan_names,
        request=request,
        reason=reason,
        incident_url=incident_url,
        restores=seen.target,
        scope=scope,
        detail=_detail(seen, overridden),
    )
    if mark_bad and not is_marked(seen.now.current, Mark.Kind.BAD):
        put_mark(app, seen.now.current, Mark.Kind.BAD, reason=reason, actor=actor)
    return release


_SCOPE_WORDS = {
    Scope.EVERYTHING: "",
    Scope.CODE: " (code only)",
    Scope.CONFIG: " (config only)",
}


def _supersede(app: App, pending: Release, *, actor: Actor, by: str) -> None:
    end_pending(
        app,
        pending,
        actor=actor,
        because="superseded",
        message=f"Superseded by a rollback of {actor}: {by}.",
    )


def _refuse_blocked(seen: Survey, *, override: bool) -> list[str]:
    standing = [
        blocker for blocker in seen.blockers if not (blocker.overridable and override)
    ]
    if standing:
        error = Conflict if standing[0].overridable else OperationRefused
        advice = f" {in_part(seen.instead)}" if seen.instead else ""
        raise error(standing[0].sentence + advice, code=standing[0].code)
    return [blocker.code for blocker in seen.blockers]


def _config_set(app: App, seen: Survey) -> ConfigSet:
    """Return an existing set that holds just these rows, or a new one."""
    ids = [var.pk for var in seen.outcome.config_vars.values()]
    for existing in (seen.target.config_set, seen.now.current.config_set):
        if existing.var_ids == ids:
            return existing
    config_set = make_config_set(app, seen.outcome.config_vars.values())
    config_set.save(force_insert=True)
    return config_set


def _detail(seen: Survey, overridden: list[str]) -> Detail:
    new: Vars = seen.outcome.config_vars
    keys: dict[str, list[str]] = {"added": [], "changed": [], "removed": []}
    for change in key_changes(seen.now.config_vars, new):
        keys[change.change.value].append(change.name)
    return {
        "to": seen.target.version,
        "scope": seen.scope.value,
        "overrides": overridden,
        **keys,
        "kept": [name for name, _ in seen.kept],
        **stopped_detail(seen.now.app, seen.now.current, seen.outcome.slug),
    }
