"""People are told by mail of what opens their account to others."""

from collections.abc import Callable

import pytest
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from dashboard.machine.mail import MailServer
from releases.actors import Actor
from releases.models import User
from releases.operations.passkeys import add_passkey, remove_passkey
from releases.operations.set_password import set_password
from releases.operations.two_factor import turn_off_two_factor
from tests.authenticator import make_two_factor
from tests.factories import acting, make_user
from tests.sent_mail import all_sent

pytestmark = pytest.mark.django_db
NEW = "correct-horse-9"
Act = Callable[[User], object]


@pytest.fixture(autouse=True)
def mails(settings: Settings) -> None:
    settings.MAIL_SERVER = MailServer(
        "mail.example.com", 587, "", "", starts_tls=True, is_tls=False
    )


def change_password(user: User) -> None:
    set_password(user=user, password=NEW, actor=Actor.system())


def drop_two_factor(user: User) -> None:
    make_two_factor(user)
    turn_off_two_factor(user=user, actor=Actor.system())


def add(user: User) -> int:
    passkey = add_passkey(name="phone", credential={"x": 1}, actor=acting(user))
    return int(passkey.pk)


def add_and_remove(user: User) -> None:
    remove_passkey(user=user, passkey_id=add(user), actor=acting(user))


@pytest.mark.parametrize(
    ("act", "told", "text"),
    [
        (
            change_password,
            ["Your password for Rollbook was changed"],
            "Changed the password of ada@example.com: by system, at 2",
        ),
        (
            drop_two_factor,
            ["Your two-factor for Rollbook was turned off"],
            "Turned off two-factor of ada@example.com: by system, at 2",
        ),
        (
            add,
            ["A passkey for Rollbook was added"],
            "Added passkey phone of ada@example.com: by ada@example.com, at 2",
        ),
        (
            add_and_remove,
            ["A passkey for Rollbook was added", "A passkey for Rollbook was removed"],
            "Removed passkey phone of ada@example.com: by ada@example.com, at 2",
        ),
    ],
)
def test_each_is_told_to_whom_it_happened(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    act: Act,
    told: list[str],
    text: str,
) -> None:
    user = make_user("ada@example.com")

    with django_capture_on_commit_callbacks(execute=True):
        act(user)

    sent = all_sent()
    assert sorted(str(each.subject) for each in sent) == told
    assert {tuple(each.to) for each in sent} == {("ada@example.com",)}
    assert any(str(each.body).startswith(text) for each in sent)
    assert all(NEW not in str(each.body) for each in sent)


def test_what_was_not_done_is_not_told(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    user = make_user()

    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        change_password(user)
        transaction.set_rollback(True)

    assert all_sent() == []


def test_nobody_is_told_where_no_mail_is_set_up(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    settings: Settings,
) -> None:
    settings.MAIL_SERVER = None

    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        change_password(make_user())

    assert (callbacks, all_sent()) == ([], [])
