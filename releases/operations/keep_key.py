from django.db import transaction

from releases.actors import Actor
from releases.errors import OperationRefused
from releases.models import Activity, App
from releases.operations.change_config import COUNT_LIMIT, refuse_invalid
from releases.operations.ledger import lock_app, record_activity
from releases.permissions import Action


@transaction.atomic
def keep_key(*, app: App, name: str, actor: Actor) -> App:
    """From now on the key `name` keeps its current value across rollbacks.

    It need not be set: kept while absent, no rollback brings it back.
    """
    refuse_invalid({}, [name])
    app = lock_app(app, actor=actor, to_do=Action.CONFIGURE)
    if name in app.kept_keys:
        raise OperationRefused(f"{name} is kept already.", code="no_change")
    if len(app.kept_keys) >= COUNT_LIMIT:
        raise OperationRefused(f"An app keeps {COUNT_LIMIT:,} keys at most.")
    app.kept_keys = sorted([*app.kept_keys, name])
    record_activity(
        app,
        actor=actor,
        kind=Activity.Kind.KEY_KEPT,
        summary=f"Keeps {name} across rollbacks",
        detail={"key": name},
        changed=["kept_keys"],
    )
    return app


@transaction.atomic
def unkeep_key(*, app: App, name: str, actor: Actor) -> App:
    """From now on the key `name` goes back with everything else."""
    app = lock_app(app, actor=actor, to_do=Action.CONFIGURE)
    if name not in app.kept_keys:
        raise OperationRefused(f"{name[:60]!r} is not a kept key.", code="no_change")
    app.kept_keys = [key for key in app.kept_keys if key != name]
    record_activity(
        app,
        actor=actor,
        kind=Activity.Kind.KEY_UNKEPT,
        summary=f"No longer keeps {name} across rollbacks",
        detail={"key": name},
        changed=["kept_keys"],
    )
    return app
