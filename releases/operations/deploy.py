from django.db import transaction
from django.db.models import Q

from releases.actors import Actor, who
from releases.errors import Conflict, NotFound, OperationRefused
from releases.models import App, Mark, Release, Slug
from releases.operations.inputs import clean_text
from releases.operations.ledger import (
    Request,
    append_release,
    current_release,
    lock_app,
    refuse_while_pending,
    release_made_by,
    stopped_detail,
)
from releases.permissions import Action


@transaction.atomic
def deploy(
    *,
    app: App,
    slug: Slug,
    actor: Actor,
    description: str = "",
    reason: str = "",
    override: bool = False,
    idempotency_key: str = "",
) -> Release:
    """Release `slug` with the config that is current.

    Refuses while deploys are held or a release is pending, an unsealed slug, pruned
    bytes, and, unless overridden, code that is marked bad.
    """
    request = Request.of(
        idempotency_key,
        do="deploy",
        slug=str(slug.pk),
        description=description,
        reason=reason,
        override=override,
    )
    app = lock_app(app, actor=actor, to_do=Action.DEPLOY)
    if earlier := release_made_by(app, actor, request):
        return earlier
    description = clean_text(description, "description")
    reason = clean_text(reason, "reason")
    refuse_while_held(app)
    refuse_while_pending(app)
    slug = _deployable(app, slug)
    bad = _bad_mark(app, slug)
    if bad and not override:
        raise Conflict(
            f"The code of {bad.release} is marked bad, and this is the same:"
            f" {bad.reason or 'no reason given'}. Override it to deploy all the same.",
            code="marked_bad",
        )
    current = current_release(app)
    return append_release(
        app,
        actor=actor,
        kind=Release.Kind.DEPLOY,
        description=description or f"Deploy {slug}",
        slug=slug,
        config_set=current.config_set,
        addon_plan_names=current.addon_plan_names,
        request=request,
        reason=reason,
        detail={
            "commit": slug.commit,
            "overrides": ["marked_bad"] if bad else [],
            **stopped_detail(app, current, slug),
        },
    )


def refuse_while_held(app: App) -> None:
    """Refuse while deploys of `app` are held; the operation asks again under its lock."""
    if app.is_held and app.held_by:
        raise Conflict(
            f"Deploys of {app} are held by {who(app.held_by.email)}: {app.hold_reason}",
            code="deploys_held",
        )


def _deployable(app: App, slug: Slug) -> Slug:
    found = app.slugs.select_related("blob").filter(pk=slug.pk).first()
    if found is None:
        raise NotFound(f"{app} has no slug {slug.pk}.")
    if found.blob is None:
        raise OperationRefused(
            "The slug's bytes have not arrived yet.", code="slug_not_sealed"
        )
    if not found.blob.is_stored:
        raise OperationRefused(
            "The slug's bytes were pruned; upload it again.", code="expired"
        )
    return found


def _bad_mark(app: App, slug: Slug) -> Mark | None:
    same = Q(release__slug__blob=slug.blob_id)
    if slug.commit:
        same |= Q(release__slug__commit=slug.commit)
    return (
        Mark.objects.filter(same, app=app, kind=Mark.Kind.BAD, cleared_at=None)
        .select_related("release")
        .first()
    )
