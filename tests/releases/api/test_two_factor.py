"""`heroku login -i` of who has two-factor: the code comes with the same request again."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from time_machine import Traveller

from releases.models import Activity, App, Token
from tests.authenticator import PERIOD, Phone, make_two_factor, wrong
from tests.factories import PASSWORD
from tests.releases.api.clients import Answered, Api, follows_schema, is_error
from tests.releases.api.test_account import TOKENS, basic

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("nobody_tried_before", "clock"),
]


@pytest.fixture
def phone(clock: Traveller, app: App) -> Phone:
    """Two-factor of the app's owner, turned on half a minute ago."""
    phone = make_two_factor(app.owner)
    clock.shift(PERIOD)
    return phone


def login(code: str = "", *, password: str = PASSWORD) -> Answered:
    return Api("").post(
        TOKENS,
        {"description": "Heroku CLI login", "scope": ["global"]},
        authorization=basic("ada@example.com", password),
        heroku_two_factor_code=code,
    )


def test_the_password_alone_is_asked_for_a_code_and_makes_no_token(
    phone: Phone,
) -> None:
    answered = login()

    assert is_error(answered, 403, "two_factor")
    # With an app in it the CLI would ask for another thing.
    assert set(answered.json) == {"id", "message"}
    assert not Token.objects.exists()


def test_a_right_code_makes_the_token(phone: Phone) -> None:
    answered = login(phone.code())

    assert answered.status == 201
    secret = answered.json["access_token"]["token"]
    assert Api(secret).get("/apps").status == 200


def test_a_wrong_code_is_asked_for_again_in_other_words(phone: Phone) -> None:
    missing, answered = login(), login(wrong(phone.code()))

    assert is_error(answered, 403, "two_factor")
    assert answered.json["message"] != missing.json["message"]
    assert not Token.objects.exists()


def test_a_recovery_code_does_too_once_and_is_recorded(app: App, phone: Phone) -> None:
    code = phone.recovery_codes[0]

    assert login(code).status == 201
    assert is_error(login(code), 403, "two_factor")

    activity = Activity.objects.get(kind=Activity.Kind.RECOVERY_CODE_USED)
    assert (activity.actor, activity.source) == (app.owner, "api")
    assert (activity.ip, bool(activity.request_id)) == ("127.0.0.1", True)


def test_a_code_is_good_at_one_door_only(phone: Phone) -> None:
    browser = Client()
    typed = {"login": "ada@example.com", "password": PASSWORD}
    browser.post("/account/login/", typed)
    browser.post("/account/login/code/", {"code": phone.code()})
    assert browser.get("/").status_code == 200

    assert is_error(login(phone.code()), 403, "two_factor")


@pytest.mark.parametrize("code", ["", "right", "wrong"])
def test_a_wrong_password_tells_nothing_of_it(
    app: App, clock: Traveller, code: str
) -> None:
    without = login(password="wrong")
    phone = make_two_factor(app.owner)
    clock.shift(PERIOD)
    sent = {"": "", "right": phone.code(), "wrong": wrong(phone.code())}[code]

    answered = login(sent, password="wrong")

    assert is_error(answered, 401, "unauthorized")
    assert answered.json == without.json
    assert login(phone.code()).status == 201


def test_attempts_count_with_those_at_the_sign_in_page(phone: Phone) -> None:
    browser = Client()
    typed = {"login": "ada@example.com", "password": PASSWORD}
    browser.post("/account/login/", typed)
    for _ in range(3):
        browser.post("/account/login/code/", {"code": wrong(phone.code())})

    answers = [login(wrong(phone.code())).status for _ in range(3)]

    assert answers == [403, 403, 429]
    assert is_error(login(phone.code()), 429, "rate_limit")
    assert login().status == 403
    assert not Token.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_codes_guessed_at_once_are_all_counted(phone: Phone) -> None:
    def guess(_number: int) -> int:
        try:
            return login(wrong(phone.code())).status
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as attackers:
        answers = list(attackers.map(guess, range(9)))

    assert answers.count(403) <= 5
    assert login(phone.code()).status == 429


def test_who_waits_and_has_the_code_gets_in(phone: Phone, clock: Traveller) -> None:
    for _ in range(6):
        login(wrong(phone.code()))

    clock.shift(301)

    assert login(phone.code()).status == 201


def test_without_two_factor_a_code_changes_nothing(app: App) -> None:
    assert login("123456").status == 201


def test_tokens_go_on_working_and_the_account_says_that_it_is_on(
    api: Api, app: App, clock: Traveller
) -> None:
    assert api.get("/account").json["two_factor_authentication"] is False

    make_two_factor(app.owner)

    account = api.get("/account").json
    assert account["two_factor_authentication"] is True
    assert follows_schema("account", account)
    assert api.post(TOKENS, {"description": "ci"}).status == 201
