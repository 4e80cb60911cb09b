import re
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from releases.models import Activity, Token, User
from releases.operations import tokens as operation
from releases.operations.tokens import create_token, hashed
from tests.dashboard.clients import stranger
from tests.factories import acting
from tests.releases.api.clients import Api

pytestmark = pytest.mark.django_db
URL = "/account/tokens/"
NEW = "/account/tokens/new/"
FILLED = {"name": "laptop", "scopes": ["global"], "days": "90"}


@pytest.fixture
def token(user: User) -> Token:
    return create_token(user=user, name="laptop", actor=acting(user)).token


def secret_in(html: bytes) -> str:
    [secret] = re.findall(r'value="(rbk_[\w-]+)"', html.decode())
    return str(secret)


def test_the_secret_is_shown_once_and_gets_in(signed_in: Client, user: User) -> None:
    page = signed_in.post(NEW, FILLED)

    secret = secret_in(page.content)
    token = user.tokens.get()
    assert page.status_code == HTTPStatus.CREATED
    assert "no-store" in page.headers["Cache-Control"]
    assert token.secret_sha256 == hashed(secret)
    assert token.expires_at == token.created_at + timedelta(days=90)
    assert Api(secret).get("/apps").status == 200
    for later in (URL, NEW, f"{URL}{token.pk}/revoke/", "/", "/docs/cli/"):
        assertNotContains(signed_in.get(later), secret)
    activity = Activity.objects.get(kind=Activity.Kind.TOKEN_CREATED)
    assert (activity.actor, activity.source) == (user, "web")
    assert secret not in f"{activity.summary} {activity.detail}"


def test_one_that_does_not_expire_has_what_was_ticked(
    signed_in: Client, user: User
) -> None:
    signed_in.post(NEW, {"name": "ci", "scopes": ["read", "identity"], "days": ""})

    token = user.tokens.get()
    assert token.expires_at is None
    assert token.scopes == ["read", "identity"]


def test_the_list_says_all_but_the_secret(signed_in: Client, user: User) -> None:
    secret = secret_in(signed_in.post(NEW, FILLED).content)
    Api(secret).get("/apps")

    page = signed_in.get(URL)

    assertContains(page, "laptop")
    assertContains(page, f"{secret[:12]}…")
    assertContains(page, "Everything that you may do")
    assertContains(page, "from 127.0.0.1")
    assertNotContains(page, secret)


def test_one_that_was_never_used_or_has_expired_says_so(
    signed_in: Client, token: Token
) -> None:
    Token.objects.update(expires_at=timezone.now())

    page = signed_in.get(URL)

    assertContains(page, "Expired")
    assertContains(page, ">Never<")


def test_who_has_none_is_told_so_and_the_menu_leads_there(signed_in: Client) -> None:
    assertContains(signed_in.get(URL), "You have no tokens.")
    assertContains(signed_in.get("/"), f'href="{URL}"')


def test_revoking_asks_first(signed_in: Client, token: Token) -> None:
    url = f"{URL}{token.pk}/revoke/"

    asked = signed_in.get(url)
    assertContains(asked, "Revoke laptop?")
    assert Token.objects.filter(revoked_at=None).exists()

    done = signed_in.post(url, follow=True)
    assert not Token.objects.filter(revoked_at=None).exists()
    assertRedirects(done, URL)
    assertContains(done, "Revoked laptop.")
    assertContains(done, "You have no tokens.")
    assert signed_in.post(url).status_code == HTTPStatus.NOT_FOUND


def test_tokens_of_others_are_not_there(token: Token) -> None:
    other = stranger()

    assertNotContains(other.get(URL), "laptop")
    for ask in (other.get, other.post):
        page = ask(f"{URL}{token.pk}/revoke/")
        assertContains(page, "There is no such token.", status_code=404)
    token.refresh_from_db()
    assert token.revoked_at is None


def test_one_that_never_was_is_not_found(signed_in: Client) -> None:
    assert signed_in.get(f"{URL}{UUID(int=7)}/revoke/").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 201}, "at most 200 characters"),
        ({"scopes": []}, "Choose what it may do."),
        ({"scopes": ["everything"]}, "everything is not one of the available choices."),
        ({"days": "7000"}, "7000 is not one of the available choices."),
    ],
)
def test_what_cannot_be_says_why_and_makes_none(
    signed_in: Client, wrong: dict[str, object], sentence: str
) -> None:
    page = signed_in.post(NEW, FILLED | wrong)

    assertContains(page, sentence, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
    assert not Token.objects.exists()


def test_a_refusal_of_the_operation_is_told_on_the_form(
    signed_in: Client, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operation, "TOKENS_EACH", 1)

    page = signed_in.post(NEW, FILLED)

    assertContains(page, "revoke some that are not used", status_code=422)
    assertContains(page, 'value="laptop"', status_code=422)
    assert Token.objects.count() == 1


def test_reading_or_other_methods_make_nothing(signed_in: Client) -> None:
    assertContains(signed_in.get(NEW), 'value="global" checked')
    assert signed_in.put(NEW).status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert signed_in.post(URL, FILLED).status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert not Token.objects.exists()


def test_it_takes_the_same_statements_for_one_token_and_for_many(
    signed_in: Client, user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(4):
        create_token(user=user, name=f"token {number}", actor=acting(user))

    # Session, user, their tokens with the last use of each.
    with django_assert_num_queries(3):
        signed_in.get(URL)
