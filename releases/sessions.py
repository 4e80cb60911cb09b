"""Where people are signed in: the sessions of their browsers."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from releases.actors import Actor
from releases.models import User
from releases.permissions import require_superuser


def live_sessions(user: User, *, actor: Actor) -> QuerySet[UserSession]:
    """Return the sessions in which `user` is signed in, those seen last first.

    For oneself, and for superusers.
    """
    if user.pk != actor.user.pk:
        require_superuser(actor, "see the sessions of others")
    seen: QuerySet[UserSession] = UserSession.objects.filter(_is_live(), user=user)
    return seen.order_by("-last_seen_at", "-pk")


def drop_sessions(sessions: QuerySet[UserSession]) -> int:
    """Sign out wherever these are, and return how many there were."""
    keys = list(sessions.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
    return len(keys)


def drop_all_sessions(user: User) -> None:
    drop_sessions(UserSession.objects.filter(user=user))


def forget_ended_sessions(user: User) -> None:
    """Keep no longer of `user` what nobody signs in with any more."""
    drop_sessions(UserSession.objects.filter(~_is_live(), user=user))


def _is_live() -> Exists:
    """Whether there still is a session that was noted; asked by its key alone."""
    return Exists(
        Session.objects.filter(
            session_key=OuterRef("session_key"), expire_date__gt=timezone.now()
        )
    )
