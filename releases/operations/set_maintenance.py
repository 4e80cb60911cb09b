from django.db import transaction

from releases.actors import Actor
from releases.errors import OperationRefused
from releases.models import Activity, App
from releases.operations.ledger import lock_app, record_activity
from releases.permissions import Action


@transaction.atomic
def set_maintenance(*, app: App, on: bool, actor: Actor) -> App:
    """Switch the maintenance flag of `app`; it is no release."""
    app = lock_app(app, actor=actor, to_do=Action.OPERATE)
    if app.maintenance == on:
        raise OperationRefused(
            f"Maintenance of {app} is {'on' if on else 'off'} already.",
            code="no_change",
        )
    app.maintenance = on
    record_activity(
        app,
        actor=actor,
        kind=Activity.Kind.MAINTENANCE_ON if on else Activity.Kind.MAINTENANCE_OFF,
        summary=f"Switched maintenance {'on' if on else 'off'}",
        changed=["maintenance"],
    )
    return app
