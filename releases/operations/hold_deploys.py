from django.db import transaction
from django.utils import timezone

from releases.actors import Actor, who
from releases.errors import OperationRefused
from releases.models import Activity, App
from releases.operations.inputs import require_text
from releases.operations.ledger import lock_app, record_activity
from releases.permissions import Action

HOLD_FIELDS = ["hold_reason", "held_by", "held_at"]


@transaction.atomic
def hold_deploys(*, app: App, reason: str, actor: Actor) -> App:
    """Refuse deploys of `app` until they are resumed; rollbacks and config go on."""
    reason = require_text(reason, "reason")
    app = lock_app(app, actor=actor, to_do=Action.ROLL_BACK)
    if app.is_held and app.held_by:
        holder = who(app.held_by.email)
        raise OperationRefused(
            f"Deploys of {app} are held already, by {holder}: {app.hold_reason}",
            code="no_change",
        )
    app.hold_reason, app.held_by, app.held_at = reason, actor.user, timezone.now()
    record_activity(
        app,
        actor=actor,
        kind=Activity.Kind.DEPLOYS_HELD,
        summary="Held deploys",
        detail={"reason": reason},
        changed=HOLD_FIELDS,
        at=app.held_at,
    )
    return app


@transaction.atomic
def resume_deploys(*, app: App, actor: Actor) -> App:
    """Let deploys of `app` go on."""
    app = lock_app(app, actor=actor, to_do=Action.ROLL_BACK)
    if not app.is_held:
        raise OperationRefused(f"Deploys of {app} are not held.", code="no_change")
    app.hold_reason, app.held_by, app.held_at = "", None, None
    record_activity(
        app,
        actor=actor,
        kind=Activity.Kind.DEPLOYS_RESUMED,
        summary="Resumed deploys",
        changed=HOLD_FIELDS,
    )
    return app
