"""`heroku login -i`: e-mail and password at a terminal, and a code where there is one."""

import itertools
import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.authenticator import SECRET, code_of
from tests.cli.heroku import Done, Heroku
from tests.cli.server import Server

pytestmark = pytest.mark.machine

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Account:
    email: str
    password: str


@pytest.fixture
def account(server: Server) -> Account:
    email = f"alan{next(_numbers)}@example.com"
    made = json.loads(server.manage("create_user", email, "--generate", "--json"))
    return Account(email, made["password"])


@pytest.fixture
def visitor(heroku: Heroku, tmp_path: Path) -> Heroku:
    """The CLI of someone who has not logged in."""
    return replace(heroku, token="", folder=tmp_path)


def turn_on(server: Server, account: Account) -> None:
    server.manage(
        "shell",
        "-c",
        "from releases.models import User\n"
        "from tests.authenticator import make_two_factor\n"
        f"make_two_factor(User.objects.get(email={account.email!r}))",
    )


def login(heroku: Heroku, account: Account, **more: str) -> Done:
    asked = {"Email": account.email, "Password": account.password}
    return heroku.at_terminal("login -i", asked | more)


def test_the_password_is_enough_without_two_factor(
    visitor: Heroku, account: Account
) -> None:
    done = login(visitor, account)

    assert done.code == 0, done.out
    assert f"Logged in as {account.email}" in done.out


def test_the_code_is_asked_for_where_there_is_two_factor(
    visitor: Heroku, server: Server, account: Account
) -> None:
    turn_on(server, account)

    done = login(visitor, account, **{"Two-factor code": code_of(SECRET, later=1)})

    assert done.code == 0, done.out
    assert f"Logged in as {account.email}" in done.out
    assert "enabled" in visitor.at_terminal("auth:2fa", {}).out


def test_a_wrong_code_says_so(
    visitor: Heroku, server: Server, account: Account
) -> None:
    turn_on(server, account)

    done = login(visitor, account, **{"Two-factor code": "no code"})

    assert done.code != 0
    assert "This code is not right" in done.out
    assert "Logged in" not in done.out
