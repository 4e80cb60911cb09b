"""Sessions ended from afar: of a phone that was lost, of a desk that was left."""

from django.db import transaction

from releases.actors import Actor
from releases.errors import NotFound
from releases.models import Activity, User
from releases.operations.ledger import record_outside_apps
from releases.sessions import drop_sessions, live_sessions


@transaction.atomic
def end_session(*, user: User, session_id: int, actor: Actor) -> None:
    """Sign `user` out there: for oneself, or by a superuser for anyone."""
    if not drop_sessions(live_sessions(user, actor=actor).filter(pk=session_id)):
        raise NotFound("This session has ended already.")
    _record(user, 1, actor)


@transaction.atomic
def end_other_sessions(*, user: User, but: str, actor: Actor) -> int:
    """Sign `user` out everywhere `but` in the session of that key; return how often."""
    ended = drop_sessions(live_sessions(user, actor=actor).exclude(session_key=but))
    if ended:
        _record(user, ended, actor)
    return ended


def _record(user: User, number: int, actor: Actor) -> None:
    what = "a session" if number == 1 else f"{number} sessions"
    record_outside_apps(
        actor=actor,
        kind=Activity.Kind.SESSIONS_ENDED,
        summary=f"Ended {what} of {user}",
        detail={"user": user.email, "sessions": number},
    )
