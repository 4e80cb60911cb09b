from django.db import transaction
from django.utils import timezone

from releases.actors import Actor
from releases.errors import OperationRefused
from releases.models import Activity, App, Mark, Release
from releases.operations.inputs import clean_text, require_text
from releases.operations.ledger import lock_app, record_activity
from releases.permissions import Action


@transaction.atomic
def mark_release(
    *, release: Release, kind: Mark.Kind, actor: Actor, reason: str = ""
) -> Mark:
    """Mark `release` bad, which takes a reason, or pin it."""
    clean = require_text if kind == Mark.Kind.BAD else clean_text
    reason = clean(reason, "reason")
    app = lock_app(release.app, actor=actor, to_do=Action.ROLL_BACK)
    if is_marked(release, kind):
        raise OperationRefused(
            f"{release} of {app} is marked {kind} already.", code="no_change"
        )
    return put_mark(app, release, kind, reason=reason, actor=actor)


@transaction.atomic
def unmark_release(*, release: Release, kind: Mark.Kind, actor: Actor) -> Mark:
    """Clear the mark; that it stood stays in history."""
    app = lock_app(release.app, actor=actor, to_do=Action.ROLL_BACK)
    mark = release.marks.filter(kind=kind, cleared_at=None).first()
    if mark is None:
        raise OperationRefused(
            f"{release} of {app} is not marked {kind}.", code="no_change"
        )
    mark.cleared_by = actor.user
    mark.cleared_at = timezone.now()
    mark.save(update_fields=["cleared_by", "cleared_at"])
    record_activity(
        app,
        actor=actor,
        kind=Activity.Kind.RELEASE_UNMARKED,
        summary=f"Cleared the mark {kind} of {release}",
        release=release,
        detail={"mark": kind.value},
        at=mark.cleared_at,
    )
    return mark


def is_marked(release: Release, kind: Mark.Kind) -> bool:
    return release.marks.filter(kind=kind, cleared_at=None).exists()


def put_mark(
    app: App, release: Release, kind: Mark.Kind, *, reason: str, actor: Actor
) -> Mark:
    """Mark a release of a locked `app` that is not marked so."""
    mark = Mark.objects.create(
        app=app,
        release=release,
        kind=kind,
        reason=reason,
        created_by=actor.user,
        created_at=timezone.now(),
    )
    record_activity(
        app,
        actor=actor,
        kind=Activity.Kind.RELEASE_MARKED,
        summary=f"Pinned {release}"
        if kind == Mark.Kind.PIN
        else f"Marked {release} bad",
        release=release,
        detail={"mark": kind.value, "reason": reason},
        at=mark.created_at,
    )
    return mark
