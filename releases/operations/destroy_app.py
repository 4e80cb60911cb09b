from django.db import transaction
from django.utils import timezone

from releases.actors import Actor
from releases.errors import OperationRefused
from releases.models import Activity, App, Release
from releases.operations.ledger import lock_app, record_activity
from releases.operations.prune_slugs import delete_unneeded_bytes
from releases.operations.settle_release import end_pending
from releases.permissions import Action


def destroy_app(*, app: App, confirm: str, actor: Actor) -> App:
    """Destroy `app`: its name is free, its config values and its slugs' bytes are gone.

    `confirm` repeats the name. The ledger stays for auditors; bytes that a slug of
    another app shares stay too. What the bytes need is done after the commit and done
    again by `prune_slugs` if the process dies before.
    """
    app = _destroy(app=app, confirm=confirm, actor=actor)
    delete_unneeded_bytes(app)
    return app


@transaction.atomic
def _destroy(*, app: App, confirm: str, actor: Actor) -> App:
    app = lock_app(app, actor=actor, to_do=Action.MANAGE)
    if confirm != app.name:
        raise OperationRefused(
            f"To destroy {app}, confirm with its name.", code="confirmation_needed"
        )
    for pending in app.releases.filter(status=Release.Status.PENDING):
        end_pending(
            app,
            pending,
            actor=actor,
            because="its app was destroyed",
            message=f"{actor} destroyed {app}.",
        )
    app.deleted_at = timezone.now()
    app.data_key = None
    app.data_key_wrapped_by = ""
    app.hold_reason, app.held_by, app.held_at = "", None, None
    record_activity(
        app,
        actor=actor,
        kind=Activity.Kind.APP_DESTROYED,
        summary=f"Destroyed {app}",
        changed=[
            "deleted_at",
            "data_key",
            "data_key_wrapped_by",
            "hold_reason",
            "held_by",
            "held_at",
        ],
        at=app.deleted_at,
    )
    return app
