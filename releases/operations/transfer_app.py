from django.db import transaction

from releases.actors import Actor
from releases.errors import OperationRefused
from releases.models import Activity, App, User
from releases.operations.ledger import lock_app, record_activity
from releases.permissions import Action


@transaction.atomic
def transfer_app(*, app: App, to: User, actor: Actor) -> App:
    """Make `to` the owner of `app`; who owned it keeps only the access given to them."""
    app = lock_app(app, actor=actor, to_do=Action.MANAGE)
    to = User.objects.get(pk=to.pk)
    if to.pk == app.owner_id:
        raise OperationRefused(f"{to} owns {app} already.", code="no_change")
    if not to.is_active:
        raise OperationRefused(f"{to} is deactivated and cannot own an app.")
    old = app.owner.email
    app.owner = to
    record_activity(
        app,
        actor=actor,
        kind=Activity.Kind.APP_TRANSFERRED,
        summary=f"Transferred from {old} to {to}",
        detail={"from": old, "to": to.email},
        changed=["owner"],
    )
    return app
