import base64
from datetime import timedelta

import pytest
from django.core.cache import cache
from time_machine import travel

from releases.actors import Actor
from releases.models import Activity, App, Token
from releases.operations.deactivate_user import deactivate_user
from releases.operations.tokens import create_token, revoke_token
from tests.factories import PASSWORD, make_user
from tests.releases.api.clients import Api, follows_schema, is_error

pytestmark = pytest.mark.django_db
TOKENS = "/oauth/authorizations"


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_one_sees_who_one_is(api: Api) -> None:
    for path in ("/account", "/users/~", "/users/ada@example.com"):
        answered = api.get(path)
        assert answered.json["email"] == "ada@example.com"
        assert follows_schema("account", answered.json)
    assert is_error(api.get("/users/grace@example.com"), 404, "not_found")


@pytest.mark.parametrize(
    "header",
    [
        "Bearer {}",
        "bearer   {}",
        pytest.param("basic:", id="basic without user"),
        pytest.param("basic:user", id="basic with any user"),
        pytest.param("basic:ada@example.com", id="basic with the e-mail"),
    ],
)
def test_a_token_is_taken_as_clients_send_it(api: Api, header: str) -> None:
    kind, _, user = header.partition(":")
    sent = basic(user, api.token) if kind == "basic" else header.format(api.token)

    assert api.get("/account", authorization=sent).status == 200


@pytest.mark.parametrize(
    "header", ["Bearer wrong", "Bearer", "Basic !!!", "Digest x", "Basic Zm9v"]
)
def test_what_is_no_token_is_refused(api: Api, header: str) -> None:
    assert is_error(api.get("/account", authorization=header), 401, "unauthorized")


def test_without_a_token_there_is_nothing_to_see(api: Api) -> None:
    assert is_error(api.get("/apps", authorization=""), 401, "unauthorized")


def test_a_revoked_or_expired_token_and_a_deactivated_person_are_out(
    api: Api, app: App
) -> None:
    short = create_token(
        user=app.owner, name="ci", expires_in=timedelta(hours=1), actor=Actor.system()
    )
    revoked = create_token(user=app.owner, name="old", actor=Actor.system())
    revoke_token(token=revoked.token, actor=Actor.system())

    assert Api(short.secret).get("/account").status == 200
    assert Api(revoked.secret).get("/account").status == 401
    with travel("2099-01-01"):
        assert Api(short.secret).get("/account").status == 401
    deactivate_user(user=app.owner, actor=Actor.system())
    assert api.get("/account").status == 401


def test_a_session_of_the_pages_opens_nothing_here(api: Api, app: App) -> None:
    api.client.force_login(app.owner)

    assert api.get("/account", authorization="").status == 401


def test_the_api_sets_no_cookies(api: Api) -> None:
    api.get("/apps")
    api.post("/apps", {})

    assert not api.client.cookies


def test_a_token_is_made_and_shown_once(api: Api) -> None:
    made = api.post(TOKENS, {"description": "ci", "expires_in": "3600"})

    assert made.status == 201
    assert follows_schema("oauth-authorization", made.json)
    secret = made.json["access_token"]["token"]
    assert Api(secret).get("/account").status == 200
    assert 3590 < made.json["access_token"]["expires_in"] <= 3600
    shown = api.get(f"{TOKENS}/{made.json['id']}").json
    assert shown["access_token"]["token"].endswith("*" * 10)
    assert secret not in str(api.get(TOKENS).json)
    assert Token.objects.get(name="ci").secret_sha256 not in str(made.json)


def test_the_token_that_asks_finds_itself_in_the_list(api: Api) -> None:
    [own] = api.get(TOKENS).json

    assert own["access_token"]["token"] == api.token
    assert follows_schema("oauth-authorization", own)
    assert api.get(f"{TOKENS}/~").json["id"] == own["id"]


def test_tokens_are_renamed_regenerated_and_revoked(api: Api) -> None:
    made = api.post(TOKENS, {"scope": ["read"]}).json
    path = f"{TOKENS}/{made['id']}"

    assert api.patch(path, {"description": "robot"}).json["description"] == "robot"
    again = api.post(f"{path}/actions/regenerate-tokens")
    assert again.json["access_token"]["token"] != made["access_token"]["token"]
    assert Api(made["access_token"]["token"]).get("/account").status == 401
    assert Api(again.json["access_token"]["token"]).get("/apps").status == 200
    assert api.delete(path).json["description"] == "robot"
    assert Api(again.json["access_token"]["token"]).get("/account").status == 401
    assert is_error(api.get(path), 404, "not_found")


def test_tokens_of_others_are_not_there(api: Api) -> None:
    other = create_token(user=make_user(), name="theirs", actor=Actor.system()).token

    for call in (api.get, api.patch, api.delete):
        assert is_error(call(f"{TOKENS}/{other.pk}"), 404, "not_found")
    assert len(api.get(TOKENS).json) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"expires_in": 0},
        {"expires_in": "soon"},
        {"expires_in": 10**11},
        {"scope": ["everything"]},
        {"scope": "global"},
        {"description": "x" * 201},
    ],
)
def test_a_token_that_cannot_be_is_refused(api: Api, body: object) -> None:
    assert is_error(api.post(TOKENS, body), 422, "invalid_params")
    assert Token.objects.count() == 1


def test_e_mail_and_password_make_a_token_and_do_nothing_else(
    api: Api, app: App
) -> None:
    header = basic("ada@example.com", PASSWORD)
    made = api.post(
        TOKENS,
        {"description": "Heroku CLI login", "expires_in": 2_592_000},
        authorization=header,
    )

    assert made.status == 201
    assert made.json["user"]["email"] == "ada@example.com"
    assert Api(made.json["access_token"]["token"]).get("/apps").status == 200
    assert is_error(api.get("/apps", authorization=header), 401, "unauthorized")
    cache.clear()


def test_guessing_passwords_ends_soon(api: Api) -> None:
    wrong = basic("ada@example.com", "wrong")

    answers = [api.post(TOKENS, authorization=wrong).status for _ in range(7)]

    assert answers[:5] == [401] * 5
    assert answers[-1] == 429
    right = api.post(TOKENS, authorization=basic("ada@example.com", PASSWORD))
    assert is_error(right, 429, "rate_limit")
    cache.clear()


def test_logging_out_ends_the_token_that_asks(api: Api) -> None:
    assert api.delete("/oauth/sessions/~").status == 200

    assert api.get("/account").status == 401
    assert Activity.objects.filter(kind=Activity.Kind.TOKEN_REVOKED).exists()
