"""Passwords that are changed, sessions that end: who may, and what is recorded."""

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from releases.actors import Actor
from releases.errors import NotAllowed, NotFound, OperationRefused
from releases.models import Activity, User
from releases.operations.deactivate_user import deactivate_user
from releases.operations.end_sessions import end_other_sessions, end_session
from releases.operations.set_password import set_password
from releases.sessions import forget_ended_sessions, live_sessions
from tests.factories import PASSWORD, acting, make_user

pytestmark = pytest.mark.django_db
NEW = "correct-horse-9"
Kind = Activity.Kind


@pytest.fixture
def ada() -> User:
    return make_user("ada@example.com")


def make_session(user: User) -> UserSession:
    client = Client()
    client.force_login(user)
    return UserSession.objects.create(
        user=user,
        ip="192.0.2.1",
        user_agent="",
        session_key=client.session.session_key or "",
    )


def ended() -> Activity:
    """Return the one line that says so."""
    return Activity.objects.get(kind=Kind.SESSIONS_ENDED)


def are_live(*sessions: UserSession) -> list[bool]:
    keys = [each.session_key for each in sessions]
    live = set(Session.objects.values_list("session_key", flat=True))
    return [key in live for key in keys]


def test_a_changed_password_is_recorded_and_ends_all_sessions(ada: User) -> None:
    sessions = make_session(ada), make_session(ada), make_session(make_user())

    set_password(user=ada, password=NEW, actor=acting(ada))

    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert are_live(*sessions) == [False, False, True]
    activity = Activity.objects.get(kind=Kind.PASSWORD_CHANGED)
    assert (activity.actor, activity.summary) == (
        ada,
        "Changed the password of ada@example.com",
    )
    assert NEW not in str(activity.detail)


@pytest.mark.parametrize("password", ["short", "12345678", "ada@example.com"])
def test_a_weak_password_changes_nothing(ada: User, password: str) -> None:
    session = make_session(ada)

    with pytest.raises(OperationRefused):
        set_password(user=ada, password=password, actor=acting(ada))

    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)
    assert are_live(session) == [True]


def test_only_superusers_set_the_passwords_of_others(ada: User) -> None:
    with pytest.raises(NotAllowed, match="only superusers may"):
        set_password(user=ada, password=NEW, actor=acting(make_user()))

    set_password(user=ada, password=NEW, actor=acting(make_user(superuser=True)))

    ada.refresh_from_db()
    assert ada.check_password(NEW)


def test_who_is_deactivated_gets_no_password_and_has_no_session(ada: User) -> None:
    session = make_session(ada)

    deactivate_user(user=ada, actor=Actor.system())

    assert are_live(session) == [False]
    with pytest.raises(NotAllowed, match="deactivated"):
        set_password(user=ada, password=NEW, actor=Actor.system())


def test_one_session_ends_and_only_once(ada: User) -> None:
    lost, kept = make_session(ada), make_session(ada)

    end_session(user=ada, session_id=lost.pk, actor=acting(ada))

    assert are_live(lost, kept) == [False, True]
    assert list(live_sessions(ada, actor=acting(ada))) == [kept]
    assert ended().summary == "Ended a session of ada@example.com"
    with pytest.raises(NotFound):
        end_session(user=ada, session_id=lost.pk, actor=acting(ada))
    assert Activity.objects.filter(kind=Kind.SESSIONS_ENDED).count() == 1


def test_all_others_end_in_a_few_statements(
    ada: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    this, *others = [make_session(ada) for _ in range(5)]
    actor = acting(ada)

    # A savepoint around: which there are, the sessions, what was seen of them, the line.
    with django_assert_num_queries(6):
        number = end_other_sessions(user=ada, but=this.session_key, actor=actor)

    assert number == 4
    assert are_live(this, *others) == [True, False, False, False, False]
    assert ended().summary == "Ended 4 sessions of ada@example.com"
    assert not end_other_sessions(user=ada, but=this.session_key, actor=actor)
    assert Activity.objects.filter(kind=Kind.SESSIONS_ENDED).count() == 1


def test_the_sessions_of_others_are_for_superusers(ada: User) -> None:
    session, stranger = make_session(ada), acting(make_user())

    with pytest.raises(NotAllowed):
        end_session(user=ada, session_id=session.pk, actor=stranger)
    with pytest.raises(NotAllowed):
        end_other_sessions(user=ada, but="", actor=stranger)
    with pytest.raises(NotFound):
        end_session(user=stranger.user, session_id=session.pk, actor=stranger)

    assert are_live(session) == [True]
    assert list(live_sessions(ada, actor=Actor.system())) == [session]


def test_what_has_run_out_is_no_session(ada: User) -> None:
    session = make_session(ada)
    Session.objects.filter(session_key=session.session_key).update(
        expire_date=timezone.now()
    )

    assert not live_sessions(ada, actor=acting(ada)).exists()


def test_what_ended_is_forgotten(ada: User) -> None:
    ended, kept, of_another = (make_session(who) for who in (ada, ada, make_user()))
    Session.objects.exclude(session_key=kept.session_key).update(
        expire_date=timezone.now()
    )
    signed_out = make_session(ada)
    Session.objects.filter(session_key=signed_out.session_key).delete()

    forget_ended_sessions(ada)

    assert are_live(ended, kept, of_another) == [False, True, True]
    assert set(UserSession.objects.all()) == {kept, of_another}
