from releases.actors import Actor
from releases.models import Activity
from releases.operations.ledger import record_outside_apps


def record_sign_in(*, actor: Actor) -> Activity:
    """Record that a person signed in; how they proved who they are is the door's matter."""
    return record_outside_apps(
        actor=actor, kind=Activity.Kind.USER_SIGNED_IN, summary=f"{actor} signed in"
    )
