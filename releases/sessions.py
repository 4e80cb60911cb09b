"""Where people are signed in: the sessions of their browsers."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import QuerySet, Subquery
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
    seen: QuerySet[UserSession] = UserSession.objects.filter(
        user=user, session_key__in=_live_keys()
    )
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
    noted = UserSession.objects.filter(user=user)
    ended = noted.exclude(session_key__in=_live_keys())
    Session.objects.filter(session_key__in=ended.values("session_key")).delete()
    ended.delete()


def _live_keys() -> Subquery:
    live = Session.objects.filter(expire_date__gt=timezone.now())
    return Subquery(live.values("session_key"))
