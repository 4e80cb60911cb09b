"""A forgotten password: by mail where there is any, else by an admin."""

import re
import socket
from http import HTTPStatus

import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from pytest_django.asserts import assertContains, assertRedirects
from time_machine import travel

from dashboard.machine.mail import MailServer, mail_server
from releases.actors import Actor
from releases.models import Activity, User
from releases.operations.deactivate_user import deactivate_user
from tests.factories import PASSWORD, make_user
from tests.sent_mail import all_sent, is_sending
from tests.signing_in import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nobody_tried_before")]
PAGE = "/account/password/reset/"
LOGIN = "/account/login/"
NEW = "correct-horse-9"
SERVER = MailServer("mail.example.com", 587, "", "", starts_tls=True, is_tls=False)


@pytest.fixture
def mails(settings: Settings) -> None:
    """A server that sends mail; Django keeps what tests send."""
    settings.MAIL_SERVER = SERVER
    settings.ROLLBOOK_URL = "https://rollbook.example.com"


def ask(client: Client, email: str = "ada@example.com") -> None:
    page = client.post(PAGE, {"email": email}, follow=True)
    all_sent()
    assertRedirects(page, f"{PAGE}sent/")
    assertContains(page, "Look at your mail")


def path_in_mail() -> str:
    [sent] = mail.outbox
    [path] = re.findall(r"https://rollbook\.example\.com(/\S+)", str(sent.body))
    return str(path)


def test_without_mail_it_says_whom_to_ask(client: Client, user: User) -> None:
    for page in (client.get(PAGE), client.post(PAGE, {"email": user.email})):
        assertContains(page, "./manage.py set_password")
    assertContains(client.get(LOGIN), f'href="{PAGE}"')
    assert mail.outbox == []


def test_a_mail_leads_to_a_new_password(
    mails: None, client: Client, user: User
) -> None:
    elsewhere = Client()
    sign_in(elsewhere, user)
    ask(client, "Ada@Example.com")
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == (
        ["ada@example.com"],
        "A new password for Rollbook",
    )

    form = client.get(path_in_mail(), follow=True)
    form_url = form.redirect_chain[-1][0]
    done = client.post(form_url, {"new": NEW, "again": NEW}, follow=True)

    # The key is in no address that a page could hand on.
    assert form_url.endswith("-set-password/")
    assertContains(form, "ada@example.com")
    assertContains(done, "Your password is changed")
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert elsewhere.get("/").status_code == HTTPStatus.FOUND
    activity = Activity.objects.get(kind=Activity.Kind.PASSWORD_CHANGED)
    assert (activity.actor, activity.source, activity.ip) == (user, "web", "127.0.0.1")
    # It does not sign in by itself: two-factor is asked for as ever.
    assert client.get("/").status_code == HTTPStatus.FOUND


def test_a_link_works_once_and_not_for_long(
    mails: None, client: Client, user: User
) -> None:
    with travel("2030-01-01 12:00Z", tick=False) as clock:
        ask(client)
        path = path_in_mail()
        clock.shift(7_201)
        assertContains(client.get(path), "This link is used up")
        clock.shift(-7_201)
        form = client.get(path, follow=True).redirect_chain[-1][0]
        client.post(form, {"new": NEW, "again": NEW})

        assertContains(client.get(path), "This link is used up")
        assertContains(
            client.post(form, {"new": PASSWORD, "again": PASSWORD}), "used up"
        )
    user.refresh_from_db()
    assert user.check_password(NEW)


def test_a_link_that_signing_in_ended_says_so(
    mails: None, client: Client, user: User
) -> None:
    ask(client)
    Client().post(LOGIN, {"login": user.email, "password": PASSWORD})

    page = client.get(path_in_mail(), follow=True)

    assertContains(page, "used up")
    assertContains(page, "until you sign in in another way")


@pytest.mark.parametrize(
    ("new", "again", "sentence"),
    [
        ("short", "short", "too short"),
        (NEW, "another", "This is another one than above."),
        ("ada@example.com", "ada@example.com", "too similar"),
    ],
)
def test_a_password_that_will_not_do_changes_nothing(
    mails: None, client: Client, user: User, new: str, again: str, sentence: str
) -> None:
    ask(client)
    form = client.get(path_in_mail(), follow=True).redirect_chain[-1][0]

    page = client.post(form, {"new": new, "again": again})

    assertContains(page, sentence)
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize(
    "email", ["nobody@example.com", "system@rollbook.invalid", "gone@example.com"]
)
def test_nobody_learns_who_has_an_account(
    mails: None, client: Client, user: User, email: str
) -> None:
    gone = make_user("gone@example.com")
    deactivate_user(user=gone, actor=Actor.system())

    ask(client, email)

    assert mail.outbox == []


def test_a_server_that_takes_no_mail_is_logged_and_tells_nobody_who_has_an_account(
    mails: None,
    client: Client,
    user: User,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Nobody listens there.
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    ask(client, user.email)

    assert "No mail could be sent." in caplog.messages


def test_an_answer_does_not_wait_for_the_mail(
    mails: None, client: Client, user: User, settings: Settings
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = silent.getsockname()

        page = client.post(PAGE, {"email": user.email}, follow=True)

        assertContains(page, "Look at your mail")
        assert is_sending()
        # That it hangs up ends the waiting.
        silent.accept()[0].close()
        all_sent()


def test_who_loses_a_password_is_told_by_mail_from_where(
    mails: None,
    client: Client,
    user: User,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    ask(client)
    form = client.get(path_in_mail(), follow=True).redirect_chain[-1][0]
    mail.outbox.clear()

    with django_capture_on_commit_callbacks(execute=True):
        client.post(form, {"new": NEW, "again": NEW})

    [sent] = all_sent()
    assert (sent.to, sent.subject) == (
        ["ada@example.com"],
        "Your password for Rollbook was changed",
    )
    assert "by ada@example.com from 127.0.0.1, at 20" in str(sent.body)
    assert NEW not in str(sent.body)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("", None),
        ("smtp://mail.example.com", SERVER),
        (
            "smtps://ada%40example.com:p%2Fw@mail.example.com",
            MailServer(
                "mail.example.com",
                465,
                "ada@example.com",
                "p/w",
                starts_tls=False,
                is_tls=True,
            ),
        ),
        (
            "smtp://localhost:25",
            MailServer("localhost", 25, "", "", starts_tls=False, is_tls=False),
        ),
    ],
)
def test_a_mail_server_is_named_by_a_url(url: str, server: MailServer | None) -> None:
    assert mail_server(url, setting="X") == server


@pytest.mark.parametrize(
    "url", ["mail.example.com", "http://s3cret@x", "smtp://", "smtp://x:s3cret"]
)
def test_a_url_of_none_is_refused_without_a_word_of_it(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="X must be like smtp") as refused:
        mail_server(url, setting="X")

    assert "s3cret" not in str(refused.value)
