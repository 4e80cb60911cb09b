"""A deactivated person loses every door at once, whichever they stood in."""

from http import HTTPStatus
from itertools import islice
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings
from pytest_django.asserts import assertContains

from releases.actors import Actor
from releases.api import signed
from releases.models import App, User
from releases.operations.deactivate_user import deactivate_user
from tests.authenticator import make_two_factor
from tests.dashboard.test_account import browser, is_in
from tests.dashboard.test_passkeys import add, get_in
from tests.dashboard.test_password_reset import NEW, SERVER, ask, path_in_mail
from tests.factories import PASSWORD, make_config
from tests.passkey_device import HOST, Device
from tests.releases.api.clients import api_for
from tests.releases.api.test_log_sessions import stream
from tests.signing_in import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nobody_tried_before")]
LOGIN, CODE = "/account/login/", "/account/login/code/"
IN = {"login": "ada@example.com", "password": PASSWORD}


def deactivate(user: User) -> None:
    deactivate_user(user=user, actor=Actor.system())


def test_sessions_end(user: User) -> None:
    here, elsewhere = browser(), browser()
    assert is_in(here)

    deactivate(user)

    assert [is_in(here), is_in(elsewhere)] == [False, False]


def test_the_password_gets_nobody_in(user: User, client: Client) -> None:
    deactivate(user)

    assertContains(client.post(LOGIN, IN, follow=True), "This account is deactivated.")
    assert not is_in(client)


def test_who_stands_between_password_and_code_stays_outside(
    user: User, client: Client
) -> None:
    phone = make_two_factor(user)
    client.post(LOGIN, IN)

    deactivate(user)
    client.post(CODE, {"code": phone.recovery_codes[0]})

    assert not is_in(client)


def test_a_passkey_gets_nobody_in(user: User) -> None:
    here, device = Client(SERVER_NAME=HOST), Device()
    sign_in(here, user)
    add(here, device)

    deactivate(user)

    assertContains(get_in(device), "This account is deactivated.")
    assert not is_in(here)


def test_a_mail_on_its_way_leads_to_no_password(
    user: User, client: Client, settings: Settings
) -> None:
    settings.MAIL_SERVER, settings.ROLLBOOK_URL = SERVER, "https://rollbook.example.com"
    ask(client)
    form = client.get(path_in_mail(), follow=True).redirect_chain[-1][0]

    deactivate(user)
    page = client.post(form, {"new": NEW, "again": NEW})

    assertContains(page, "is deactivated", status_code=HTTPStatus.FORBIDDEN)
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    mail.outbox.clear()
    ask(client)
    assert mail.outbox == []


def test_tokens_and_streams_end(
    user: User, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signed, "POLL", 0.01)
    api = api_for(user)
    made = api.post("/apps/shop/log-sessions", {"lines": 1, "tail": True})
    address = made.json["logplex_url"]
    found = stream(address)
    list(islice(found, 1))

    deactivate(user)
    make_config(app, NEWS="1")

    assert "Set NEWS" not in "".join(found)
    assert api.get("/apps").status == HTTPStatus.UNAUTHORIZED
    assert Client().get(urlsplit(address).path).status_code == HTTPStatus.NOT_FOUND
