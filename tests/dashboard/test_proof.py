"""Who sees a secret, or does what cannot be undone, shows again who they are."""

from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects
from time_machine import Traveller

from releases.models import Activity, App, User
from tests.authenticator import PERIOD, make_two_factor, wrong
from tests.dashboard.clients import HTMX, member
from tests.factories import PASSWORD, make_user
from tests.signing_in import sign_in

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("nobody_tried_before", "clock"),
]
VALUE = "/apps/shop/releases/v3/config/COLOR/"
ERASE = f"{VALUE}erase/"
DESTROY = "/apps/shop/settings/destroy/"
AGAIN, BY_CODE = "/account/confirm/", "/account/confirm/code/"
PAGE = "http://testserver/apps/shop/settings/"
TWO_FACTOR_ON, TOKEN = "/account/two-factor/on/", "/account/tokens/new/"
A_WHILE = 301


@pytest.fixture
def left_open(signed_in: Client, app: App, clock: Traveller) -> Client:
    """A browser in which somebody signed in a while ago."""
    clock.shift(A_WHILE)
    return signed_in


def asked(url: str) -> str:
    return f"{AGAIN}?next={url.replace('/', '%2F')}"


def reveals(app: App) -> int:
    return app.activities.filter(kind=Activity.Kind.VALUES_REVEALED).count()


def test_signing_in_is_proof_for_some_minutes(
    signed_in: Client, app: App, clock: Traveller
) -> None:
    clock.shift(A_WHILE - 2)
    assertContains(signed_in.post(VALUE), "s3cret-red")

    clock.shift(2)
    assertRedirects(signed_in.post(VALUE), asked(VALUE))
    assert reveals(app) == 1


def test_how_long_is_a_setting(
    signed_in: Client, app: App, settings: Settings, clock: Traveller
) -> None:
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 3_600
    clock.shift(3_599)

    assertContains(signed_in.post(VALUE), "s3cret-red")


def test_what_was_asked_for_comes_right_after_the_password(
    left_open: Client, app: App
) -> None:
    left_open.post(VALUE)

    page = left_open.post(AGAIN, {"password": PASSWORD, "next": VALUE})

    assertContains(page, "s3cret-red")
    assertContains(page, "<html")
    assert "no-store" in page.headers["Cache-Control"]
    assert reveals(app) == 1


def test_htmx_asks_in_the_dialog_and_shows_the_value_in_its_place(
    left_open: Client, app: App
) -> None:
    asks = {**HTMX, "HX-Target": "value-v3-COLOR"}

    question = left_open.post(VALUE, headers=asks, follow=True)
    assertContains(question, '<h1 id="proof-title">Is it you?</h1>')
    assertContains(question, f'name="next" value="{VALUE}"')
    assertNotContains(question, "<html")
    assert question.headers["HX-Retarget"] == "#dialog"

    refused = left_open.post(AGAIN, {"password": "x", "next": VALUE}, headers=HTMX)
    assertContains(refused, "Incorrect password.")
    assert refused.headers["HX-Retarget"] == "#dialog"
    assert reveals(app) == 0

    shown = left_open.post(AGAIN, {"password": PASSWORD, "next": VALUE}, headers=HTMX)
    assertContains(shown, "s3cret-red")
    assertNotContains(shown, "<html")
    assert shown.headers["HX-Retarget"] == "#value-v3-COLOR"
    assert shown.headers["HX-Trigger"] == "proved"
    assert "no-store" in shown.headers["Cache-Control"]
    assert reveals(app) == 1


def test_what_was_asked_in_the_dialog_can_be_answered_on_a_page(
    left_open: Client, app: App
) -> None:
    left_open.post(VALUE, headers=HTMX)

    after = left_open.post(AGAIN, {"password": PASSWORD, "next": VALUE})

    assertContains(after, "s3cret-red")
    assertContains(after, "<html")


def test_the_dialog_says_when_nothing_is_done(
    left_open: Client, app: App, clock: Traveller
) -> None:
    answer = {"password": PASSWORD, "next": VALUE}
    left_open.post(VALUE, headers=HTMX)
    left_open.post(DESTROY, {"confirm": "shop"})
    overtaken = left_open.post(AGAIN, answer, headers=HTMX)
    assertContains(overtaken, "Something else was asked for", status_code=422)

    clock.shift(A_WHILE)
    left_open.post(VALUE, headers=HTMX)
    clock.shift(A_WHILE)
    late = left_open.post(AGAIN, answer, headers=HTMX)
    assertContains(late, "That was a while ago. Press again.", status_code=422)
    assert reveals(app) == 0
    assert App.objects.get(pk=app.pk).deleted_at is None


def test_the_dialog_has_a_word_for_too_many_tries(left_open: Client, app: App) -> None:
    left_open.post(VALUE, headers=HTMX)

    for _ in range(20):
        told = left_open.post(AGAIN, {"password": "x", "next": VALUE}, headers=HTMX)

    assertContains(told, 'id="refusal"', status_code=429)
    assertNotContains(told, "<html", status_code=429)
    assert told.headers["HX-Retarget"] == "#dialog"

    page = left_open.post(AGAIN, {"password": "x", "next": VALUE})
    assertContains(page, "Nothing was done. Wait a minute", status_code=429)
    assertNotContains(page, "at your address", status_code=429)


def test_a_code_is_asked_for_in_the_dialog_too(
    left_open: Client, app: App, user: User, clock: Traveller
) -> None:
    phone = make_two_factor(user)
    clock.shift(PERIOD)
    asks = {**HTMX, "HX-Target": "value-v3-COLOR"}
    question = left_open.post(VALUE, headers=asks, follow=True)
    assertContains(question, f'hx-get="{BY_CODE}?next=')
    assertContains(left_open.get(BY_CODE, headers=HTMX), 'id="id_code"')

    shown = left_open.post(BY_CODE, {"code": phone.code(), "next": VALUE}, headers=HTMX)

    assertContains(shown, "s3cret-red")
    assert shown.headers["HX-Retarget"] == "#value-v3-COLOR"


def test_a_wrong_password_shows_nothing(left_open: Client, app: App) -> None:
    left_open.post(VALUE)

    page = left_open.post(AGAIN, {"password": "wrong", "next": VALUE})

    assertContains(page, "Incorrect password.")
    assertNotContains(page, "s3cret")
    assert reveals(app) == 0


def test_a_code_does_as_well_and_is_used_up(
    left_open: Client, app: App, user: User, clock: Traveller
) -> None:
    phone = make_two_factor(user)
    clock.shift(PERIOD)
    left_open.post(VALUE)
    question = left_open.get(asked(VALUE))
    assertContains(question, f'href="{BY_CODE}?next=')
    assertContains(left_open.get(BY_CODE), "Use your password")
    code = phone.code()

    refused = left_open.post(BY_CODE, {"code": wrong(code), "next": VALUE})
    shown = left_open.post(BY_CODE, {"code": code, "next": VALUE})

    assertContains(refused, "This code is not right")
    assertContains(shown, "s3cret-red")
    clock.shift(A_WHILE)
    assertContains(left_open.post(BY_CODE, {"code": code}), "was used before")


def test_who_has_no_code_is_asked_for_the_password_alone(left_open: Client) -> None:
    assertNotContains(left_open.get(AGAIN), "Use a code")
    assertRedirects(left_open.get(BY_CODE), AGAIN)


def test_a_name_that_is_wrong_is_told_before_any_proof(left_open: Client) -> None:
    answer = left_open.post(DESTROY, {"confirm": "shpo"})

    assertContains(answer, "confirm with its name", status_code=422)


def test_an_app_is_destroyed_only_by_who_it_is(left_open: Client, app: App) -> None:
    assertContains(left_open.get(DESTROY), "There is no way back.")
    assertRedirects(left_open.post(DESTROY, {"confirm": "shop"}), asked(DESTROY))
    assert App.objects.get(pk=app.pk).deleted_at is None

    page = left_open.post(AGAIN, {"password": PASSWORD, "next": DESTROY})

    # What was typed before the question was not lost.
    assertRedirects(page, "/")
    assert App.objects.get(pk=app.pk).deleted_at is not None


def test_what_is_kept_meanwhile_cannot_be_read(left_open: Client, app: App) -> None:
    left_open.post(DESTROY, {"confirm": "shop", "password": "of-somebody-else"})

    assert "of-somebody-else" not in str(dict(left_open.session))


def test_nothing_is_done_that_somebody_turned_away_from(
    left_open: Client, app: App
) -> None:
    left_open.post(DESTROY, {"confirm": "shop"})
    left_open.get(TWO_FACTOR_ON)

    page = left_open.post(AGAIN, {"password": PASSWORD, "next": DESTROY})

    assertRedirects(page, DESTROY)
    assert App.objects.get(pk=app.pk).deleted_at is None


def test_the_answer_to_one_question_is_none_to_another(
    left_open: Client, app: App
) -> None:
    left_open.post(DESTROY, {"confirm": "shop"})

    page = left_open.post(AGAIN, {"password": PASSWORD, "next": TWO_FACTOR_ON})

    assertRedirects(page, TWO_FACTOR_ON)
    assert App.objects.get(pk=app.pk).deleted_at is None


def test_an_answer_after_a_while_does_nothing(
    left_open: Client, app: App, clock: Traveller
) -> None:
    left_open.post(DESTROY, {"confirm": "shop"}, headers={"Referer": PAGE})
    clock.shift(A_WHILE)

    page = left_open.post(AGAIN, {"password": PASSWORD, "next": DESTROY}, follow=True)

    assertRedirects(page, "/apps/shop/settings/")
    assertContains(page, "so nothing was done")
    assert App.objects.get(pk=app.pk).deleted_at is None


@pytest.mark.parametrize("after", ["https://evil.example/", "//evil.example/"])
def test_the_answer_leads_nowhere_else(left_open: Client, app: App, after: str) -> None:
    left_open.post(DESTROY, {"confirm": "shop"})

    page = left_open.post(AGAIN, {"password": PASSWORD, "next": after})

    assertRedirects(page, "/")


@pytest.mark.parametrize(
    ("before", "back"),
    [
        (PAGE, "/apps/shop/settings/"),
        ("http://testserver/apps/shop/activity/?kind=config", None),
        ("https://evil.example/apps/shop/", "/"),
        ("", "/"),
    ],
)
def test_who_will_not_goes_back_to_where_the_question_came(
    left_open: Client, app: App, before: str, back: str | None
) -> None:
    left_open.post(DESTROY, {"confirm": "shop"}, headers={"Referer": before})
    question = f"http://testserver{asked(DESTROY)}"

    # However often, and in whichever way, one was asked meanwhile.
    left_open.post(AGAIN, {"password": "wrong"}, headers={"Referer": question})
    left_open.post(VALUE, headers={"Referer": question})
    page = left_open.get(asked(DESTROY), headers={"Referer": question})

    where = back or "/apps/shop/activity/?kind=config"
    assertContains(page, f'href="{where}">Not now</a>')


def test_a_token_is_made_only_by_who_it_is(left_open: Client, user: User) -> None:
    typed = {"name": "laptop", "scopes": ["read"], "days": "30"}
    assertRedirects(left_open.post(TOKEN, typed), asked(TOKEN))
    assert not user.tokens.exists()

    page = left_open.post(AGAIN, {"password": PASSWORD, "next": TOKEN})

    assertContains(page, "rbk_", status_code=201)
    assert user.tokens.get().name == "laptop"


def test_who_changes_anything_in_the_admin_shows_who_they_are(
    clock: Traveller,
) -> None:
    client = Client()
    sign_in(client, make_user(superuser=True))
    clock.shift(A_WHILE)
    add = "/admin/releases/user/add/"
    again = {"password": PASSWORD, "password_again": PASSWORD}
    typed = {"email": "new@example.com", **again}
    assert client.get(add).status_code == HTTPStatus.OK

    assertRedirects(client.post(add, typed), asked(add))
    assert not User.objects.filter(email="new@example.com").exists()
    client.post(AGAIN, {"password": PASSWORD, "next": add})

    assert User.objects.filter(email="new@example.com").exists()


def test_who_may_not_is_told_so_and_not_asked(app: App, clock: Traveller) -> None:
    client = Client()
    sign_in(client, make_user())
    clock.shift(A_WHILE)

    assert client.post(VALUE).status_code == HTTPStatus.NOT_FOUND
    assert client.post(DESTROY).status_code == HTTPStatus.NOT_FOUND
    viewer = member(app, "view")
    clock.shift(A_WHILE)
    for url in (VALUE, ERASE, DESTROY):
        assert viewer.post(url).status_code == HTTPStatus.FORBIDDEN


def test_the_proof_of_one_person_is_none_for_the_next(
    signed_in: Client, app: App
) -> None:
    other = make_user(superuser=True)
    signed_in.force_login(other)

    assertRedirects(signed_in.post(VALUE), asked(VALUE))
