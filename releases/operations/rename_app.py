from django.db import IntegrityError, transaction

from releases.actors import Actor
from releases.errors import OperationRefused
from releases.models import Activity, App
from releases.operations.create_app import name_taken, refuse_name
from releases.operations.ledger import lock_app, record_activity
from releases.permissions import Action


@transaction.atomic
def rename_app(*, app: App, name: str, actor: Actor) -> App:
    """Give `app` another name; the old one is free at once."""
    app = lock_app(app, actor=actor, to_do=Action.MANAGE)
    refuse_name(name)
    if name == app.name:
        raise OperationRefused(f"{app} is called that already.", code="no_change")
    old, app.name = app.name, name
    try:
        with transaction.atomic():
            record_activity(
                app,
                actor=actor,
                kind=Activity.Kind.APP_RENAMED,
                summary=f"Renamed from {old} to {name}",
                detail={"from": old, "to": name},
                changed=["name"],
            )
    except IntegrityError:
        raise name_taken(name) from None
    return app
