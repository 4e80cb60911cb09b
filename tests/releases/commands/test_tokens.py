from datetime import timedelta

import pytest
from django.utils import timezone

from releases.models import Activity, Token, User
from releases.operations.deactivate_user import deactivate_user
from releases.operations.tokens import hashed
from tests.factories import acting, make_user
from tests.heroku.schema import mistakes
from tests.releases.api.clients import Api
from tests.releases.commands.running import refusal, run, run_json, run_json_list

pytestmark = pytest.mark.django_db
ADA = "ada@example.com"


@pytest.fixture
def ada() -> User:
    return make_user(ADA)


def test_the_secret_is_all_that_is_printed(ada: User) -> None:
    printed = run("create_token", ADA, "--name", "laptop")

    token = ada.tokens.get()
    secret = printed.removesuffix("\n")
    assert hashed(secret) == token.secret_sha256
    assert (token.name, token.scopes, token.expires_at) == ("laptop", ["global"], None)
    assert Api(secret).get("/apps").json == []


def test_as_json_it_is_herokus_authorization(ada: User) -> None:
    made = run_json("create_token", ADA, "--scope", "read", "--expires-in", "1h")
    [listed] = run_json_list("tokens", ADA)

    assert mistakes("oauth-authorization", made) == []
    assert mistakes("oauth-authorization", listed) == []
    assert made["scope"] == ["read"]
    access = made["access_token"]
    assert isinstance(access, dict)
    assert hashed(str(access["token"])) == ada.tokens.get().secret_sha256
    assert isinstance(listed["access_token"], dict)
    assert listed["access_token"]["token"] == str(access["token"])[:12] + "*" * 10


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("90", timedelta(days=90)),
        ("90d", timedelta(days=90)),
        ("12h", timedelta(hours=12)),
        ("3600s", timedelta(hours=1)),
    ],
)
def test_how_long_it_lasts_is_told_in_days_or_in_a_unit(
    ada: User, typed: str, meant: timedelta
) -> None:
    run("create_token", ADA, "--expires-in", typed)

    token = ada.tokens.get()
    assert token.expires_at == token.created_at + meant


def test_scopes_add_up(ada: User) -> None:
    run("create_token", ADA, "--scope", "identity", "--scope", "read-protected")

    assert ada.tokens.get().scopes == ["read-protected", "identity"]


def test_what_cannot_be_is_refused_and_makes_none(ada: User) -> None:
    assert "is no scope; there are global" in refusal(
        "create_token", ADA, "--scope", "all"
    )
    assert "like 90d, 12h or 3600s" in refusal("create_token", ADA, "--expires-in", "x")
    assert "lasts from a second" in refusal("create_token", ADA, "--expires-in", "9999")
    assert refusal("create_token", ADA, "--name", " ") == "A token's name is needed."
    assert "There is no user" in refusal("create_token", "who@example.com")
    deactivate_user(user=ada, actor=acting(make_user(superuser=True)))
    assert "can have no tokens" in refusal("create_token", ADA)
    assert not Token.objects.exists()


def test_the_list_says_where_a_token_was_last_used(ada: User) -> None:
    secret = run("create_token", ADA, "--name", "laptop").strip()
    run("create_token", ADA, "--name", "ci", "--expires-in", "30d")
    Api(secret).get("/apps")

    ci, laptop = run("tokens", ADA).splitlines()[1:]

    expiry = timezone.now() + timedelta(days=30)
    assert ci.split()[:3] == ["ci", ada.tokens.get(name="ci").beginning, "global"]
    assert f"  {expiry:%Y-%m-%d}" in ci
    assert ci.endswith("  never")
    assert laptop.startswith(f"laptop  {secret[:12]}  global")
    assert laptop.endswith(" from 127.0.0.1")
    assert secret not in laptop


def test_one_that_expired_says_so(ada: User) -> None:
    run("create_token", ADA)
    Token.objects.update(expires_at=timezone.now())

    assert "  expired  " in run("tokens", ADA)


def test_a_revoked_one_is_worth_nothing_and_not_listed(ada: User) -> None:
    secret = run("create_token", ADA, "--name", "laptop").strip()

    said = run("revoke_token", ADA, secret[:12])

    assert said == f"Revoked laptop of {ADA}.\n"
    assert Api(secret).get("/apps").status == 401
    assert run("tokens", ADA) == f"{ADA} has no tokens.\n"
    assert refusal("revoke_token", ADA, secret[:12]) == "There is no such token."
    assert Activity.objects.filter(kind=Activity.Kind.TOKEN_REVOKED).count() == 1


def test_tokens_of_others_are_for_superusers(ada: User) -> None:
    run("create_token", ADA, by=ada)
    token = ada.tokens.get()
    grace = make_user()

    assert "only superusers may" in refusal("create_token", ADA, by=grace)
    assert "only superusers may" in refusal("tokens", ADA, by=grace)
    assert "only superusers may" in refusal(
        "revoke_token", ADA, str(token.pk), by=grace
    )
    assert run("tokens", ADA, by=make_user(superuser=True)).startswith("Name")
    assert run("revoke_token", ADA, str(token.pk), by=ada).startswith("Revoked")
