import re
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, reverse
from pytest_django import DjangoAssertNumQueries, Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects
from time_machine import Traveller

from releases.actors import Actor
from releases.models import Activity, User
from releases.operations.deactivate_user import deactivate_user
from releases.operations.two_factor import turn_off_two_factor
from releases.vault import new_master_key, write_key_file
from tests.authenticator import PERIOD, Phone, code_of, make_two_factor, wrong
from tests.factories import PASSWORD

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("nobody_tried_before", "clock"),
]
LOGIN = "/account/login/"
CODE = "/account/login/code/"
AGAIN = "/account/confirm/"
PAGE = "/account/two-factor/"
ON, OFF, CODES = f"{PAGE}on/", f"{PAGE}off/", f"{PAGE}codes/"
WRONG = "This code is not right, or was used before."
Kind = Activity.Kind


@pytest.fixture
def phone(clock: Traveller, user: User) -> Phone:
    """Two-factor that was turned on half a minute ago."""
    phone = make_two_factor(user)
    clock.shift(PERIOD)
    return phone


@pytest.fixture
def trusted(signed_in: Client) -> Client:
    """A browser in which the password was just given again."""
    signed_in.post(AGAIN, {"password": PASSWORD})
    return signed_in


@pytest.fixture
def left_open(clock: Traveller, signed_in: Client) -> Client:
    """A browser in which somebody signed in a while ago."""
    clock.shift(301)
    return signed_in


def by_password(client: Client, after: str = "/") -> "Response":
    typed = {"login": "ada@example.com", "password": PASSWORD}
    return client.post(f"{LOGIN}?next={after}", typed)


def by_code(client: Client, code: str) -> "Response":
    by_password(client)
    return client.post(CODE, {"code": code})


def is_in(client: Client) -> bool:
    return client.get("/").status_code == HTTPStatus.OK


def secret_in(page: "Response") -> str:
    [secret] = re.findall(r'id="key" value="([A-Z2-7]{32})"', page.content.decode())
    return str(secret)


def codes_in(page: "Response") -> list[str]:
    return re.findall(r"<li>(\d{8})</li>", page.content.decode())


def recorded(kind: Activity.Kind) -> Activity:
    return Activity.objects.get(kind=kind)


# Turning it on


def test_a_code_of_the_app_turns_it_on_and_shows_recovery_codes_once(
    trusted: Client, user: User
) -> None:
    secret = secret_in(trusted.get(ON))

    page = trusted.post(ON, {"code": code_of(secret)})

    codes = codes_in(page)
    assert page.status_code == HTTPStatus.CREATED
    assert "no-store" in page.headers["Cache-Control"]
    assert len(set(codes)) == 10
    activity = recorded(Kind.TWO_FACTOR_ON)
    assert (activity.actor, activity.source, activity.app) == (user, "web", None)
    assert activity.ip == "127.0.0.1"
    shown = trusted.get(PAGE)
    assertContains(shown, "10 left")
    for later in (shown, trusted.get(CODES), trusted.get(OFF)):
        assert not codes_in(later)
        assertNotContains(later, secret)


def test_no_secret_is_kept_in_the_clear(trusted: Client) -> None:
    secret = secret_in(trusted.get(ON))
    assert secret not in str(dict(trusted.session))

    codes = codes_in(trusted.post(ON, {"code": code_of(secret)}))

    kept = f"{list(Authenticator.objects.values())} {dict(trusted.session)}"
    assert secret not in kept
    assert not any(code in kept for code in codes)
    assert not any(
        code in f"{activity.summary} {activity.detail}"
        for activity in Activity.objects.all()
        for code in [secret, *codes]
    )


def test_a_wrong_code_leaves_it_off_and_the_key_as_it_was(trusted: Client) -> None:
    secret = secret_in(trusted.get(ON))

    page = trusted.post(ON, {"code": wrong(code_of(secret))})

    assertContains(page, WRONG, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
    assert secret_in(page) == secret
    assert not Authenticator.objects.exists()
    assert trusted.post(ON, {"code": code_of(secret)}).status_code == HTTPStatus.CREATED


def test_a_code_for_a_key_that_was_never_shown_turns_nothing_on(
    trusted: Client,
) -> None:
    page = trusted.post(ON, {"code": "123456"})

    assertContains(page, WRONG, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
    assert not Authenticator.objects.exists()


def test_the_key_is_drawn_without_anything_that_the_policy_forbids(
    trusted: Client,
) -> None:
    html = trusted.get(ON).content.decode()

    assert re.search(
        r'<svg class="qr" [^>]*role="img"[^>]*><path d="M4 4h1v1h-1z', html
    )
    assert not re.search(r"<style|\sstyle=|src=.?data:|<img", html)
    assert "otpauth://totp/ada%40example.com?secret=" in html
    assert "issuer=Rollbook%20at%20localhost" in html


def test_what_is_on_is_not_turned_on_again(trusted: Client, phone: Phone) -> None:
    before = Authenticator.objects.get(type="totp").data

    assertRedirects(trusted.get(ON), PAGE)
    assertRedirects(trusted.post(ON, {"code": phone.code()}), PAGE)

    assert Authenticator.objects.get(type="totp").data == before


# The password again


@pytest.mark.parametrize(
    ("method", "url"), [("get", ON), ("post", ON), ("post", OFF), ("post", CODES)]
)
def test_each_change_asks_for_the_password_again(
    left_open: Client, user: User, method: str, url: str
) -> None:
    if url != ON:
        make_two_factor(user)
    before = list(Authenticator.objects.values())

    page = getattr(left_open, method)(url)

    assertRedirects(page, f"{AGAIN}?next={url.replace('/', '%2F')}")
    assert list(Authenticator.objects.values()) == before


def test_a_wrong_password_leads_no_further(left_open: Client) -> None:
    page = left_open.post(AGAIN, {"password": "wrong", "next": ON})

    assertContains(page, "Incorrect password.")
    assert left_open.get(ON).status_code == HTTPStatus.FOUND


def test_guessing_the_password_in_a_stolen_session_ends_soon(left_open: Client) -> None:
    for _ in range(5):
        left_open.post(AGAIN, {"password": "wrong"})

    page = left_open.post(AGAIN, {"password": PASSWORD})

    assertContains(page, "Too many failed login attempts.")
    assert left_open.get(ON).status_code == HTTPStatus.FOUND


def test_what_was_sent_before_the_password_is_done_after_it(
    left_open: Client, phone: Phone, user: User
) -> None:
    left_open.post(OFF)

    page = left_open.post(AGAIN, {"password": PASSWORD, "next": OFF}, follow=True)

    assertContains(page, "Two-factor is off.")
    activity = recorded(Kind.TWO_FACTOR_OFF)
    assert (activity.actor, activity.ip) == (user, "127.0.0.1")
    assert activity.request_id


def test_the_password_is_good_for_some_minutes(
    clock: Traveller, trusted: Client
) -> None:
    assert trusted.get(ON).status_code == HTTPStatus.OK

    clock.shift(301)

    assert trusted.get(ON).status_code == HTTPStatus.FOUND


# The second step


def test_one_is_signed_in_when_the_second_step_passed_and_not_before(
    client: Client, phone: Phone, user: User
) -> None:
    first = by_password(client, after="/activity/")

    assertRedirects(first, CODE)
    assert not is_in(client)
    assert not Activity.objects.filter(kind=Kind.USER_SIGNED_IN).exists()

    second = client.post(CODE, {"code": phone.code()})

    assertRedirects(second, "/activity/")
    assert recorded(Kind.USER_SIGNED_IN).actor == user
    assert is_in(client)


def test_a_wrong_code_lets_nobody_in(client: Client, phone: Phone) -> None:
    page = by_code(client, wrong(phone.code()))

    assertContains(page, WRONG)
    assert not is_in(client)
    assert not Activity.objects.filter(kind=Kind.USER_SIGNED_IN).exists()


def test_a_code_may_be_typed_with_a_space(client: Client, phone: Phone) -> None:
    code = phone.code()

    by_code(client, f"{code[:3]} {code[3:]} ")

    assert is_in(client)


def test_clocks_may_differ_by_half_a_minute(
    client: Client, phone: Phone, clock: Traveller
) -> None:
    code = phone.code()

    clock.shift(2 * PERIOD)
    assertContains(by_code(client, code), WRONG)
    clock.shift(-PERIOD)
    by_code(client, code)

    assert is_in(client)


def test_no_code_is_good_twice_nor_one_from_before_it(
    client: Client, phone: Phone, clock: Traveller
) -> None:
    earlier, code = phone.code(later=-1), phone.code()
    by_code(client, code)
    client.post("/account/logout/")

    # allauth would take it again by now, and a cache may be emptied any time.
    clock.shift(PERIOD)
    cache.clear()

    assertContains(by_code(client, code), WRONG)
    assertContains(by_code(client, earlier), WRONG)
    by_code(client, phone.code())
    assert is_in(client)


def test_the_code_that_turned_it_on_is_used_up(client: Client, user: User) -> None:
    phone = make_two_factor(user)

    assertContains(by_code(client, phone.code()), WRONG)


def test_a_recovery_code_gets_in_once_and_is_recorded(
    client: Client, phone: Phone, user: User
) -> None:
    code = phone.recovery_codes[3]

    by_code(client, f"{code[:4]}-{code[4:]}")

    assert is_in(client)
    activity = recorded(Kind.RECOVERY_CODE_USED)
    assert (activity.actor, activity.source, activity.ip) == (user, "web", "127.0.0.1")
    assert activity.detail == {"user": "ada@example.com", "left": 9}
    assertContains(client.get(PAGE), "9 left")
    client.post("/account/logout/")
    assertContains(by_code(client, code), WRONG)


def test_guessing_codes_ends_soon(client: Client, phone: Phone) -> None:
    by_password(client)
    for _ in range(5):
        assertContains(client.post(CODE, {"code": wrong(phone.code())}), WRONG)

    page = client.post(CODE, {"code": phone.code()})

    assertContains(page, "Too many failed login attempts.")
    assert not is_in(client)


@pytest.mark.django_db(transaction=True)
def test_codes_guessed_at_once_are_all_counted(user: User) -> None:
    phone = make_two_factor(user)
    attackers = [Client() for _ in range(9)]
    for attacker in attackers:
        by_password(attacker)
    cache.clear()

    def guess(attacker: Client) -> str:
        try:
            typed = {"code": wrong(phone.code(later=1))}
            return attacker.post(CODE, typed).content.decode()
        finally:
            connection.close()

    with ThreadPoolExecutor(9) as at_once:
        answers = list(at_once.map(guess, attackers))

    assert sum(WRONG in answer for answer in answers) <= 5
    assertContains(
        attackers[0].post(CODE, {"code": phone.code(later=1)}),
        "Too many failed login attempts.",
    )


def test_who_is_deactivated_between_the_steps_stays_out(
    client: Client, phone: Phone, user: User
) -> None:
    by_password(client)
    deactivate_user(user=user, actor=Actor.system())

    assertContains(client.post(CODE, {"code": phone.code()}), WRONG)
    assert not is_in(client)


def test_who_typed_another_e_mail_than_meant_begins_anew(
    client: Client, phone: Phone
) -> None:
    by_password(client)
    assertRedirects(client.get(LOGIN), CODE)

    client.post("/account/logout/")

    assertContains(client.get(LOGIN), "E-mail")
    assertRedirects(client.get(CODE), LOGIN)


def test_a_session_ends_with_the_browser_unless_one_asked_otherwise(
    client: Client, phone: Phone
) -> None:
    typed = {"login": "ada@example.com", "password": PASSWORD, "remember": "on"}
    client.post(LOGIN, typed)
    client.post(CODE, {"code": phone.code()})

    assert not client.session.get_expire_at_browser_close()


def test_without_the_master_key_nobody_gets_in_by_password_alone(
    client: Client, phone: Phone, user: User, settings: Settings, tmp_path: Path
) -> None:
    settings.ROLLBOOK_MASTER_KEY_FILE = tmp_path / "master.key"
    write_key_file(tmp_path / "master.key", [new_master_key()])

    page = by_code(client, phone.code())

    assertContains(page, "it needs the master key", status_code=422)
    assert not is_in(client)
    turn_off_two_factor(user=user, actor=Actor.system())
    by_password(Client())


# Turning it off, and new codes


def test_turning_it_off_asks_first_and_leaves_the_password(
    trusted: Client, phone: Phone, user: User
) -> None:
    assertContains(trusted.get(OFF), "Turn off two-factor?")
    assert Authenticator.objects.exists()

    page = trusted.post(OFF, follow=True)

    assertContains(page, "Two-factor is off.")
    assert not Authenticator.objects.exists()
    assert recorded(Kind.TWO_FACTOR_OFF).actor == user
    browser = Client()
    assertRedirects(by_password(browser), "/")


def test_what_is_off_is_not_turned_off(trusted: Client) -> None:
    page = trusted.post(OFF)

    assertContains(page, "ada@example.com has no two-factor.", status_code=422)


def test_new_recovery_codes_replace_the_old_ones(
    trusted: Client, phone: Phone, user: User
) -> None:
    assertContains(trusted.get(CODES), "Make new recovery codes?")

    codes = codes_in(trusted.post(CODES))

    assert len(codes) == 10
    assert set(codes).isdisjoint(phone.recovery_codes)
    assert recorded(Kind.RECOVERY_CODES_MADE).actor == user
    browser = Client()
    assertContains(by_code(browser, phone.recovery_codes[0]), WRONG)
    by_code(browser, codes[0])
    assert is_in(browser)


def test_recovery_codes_come_with_two_factor_alone(trusted: Client) -> None:
    page = trusted.post(CODES)

    assertContains(page, "Turn two-factor on first", status_code=422)


# The page


def test_the_menu_leads_to_a_page_that_says_how_it_stands(
    signed_in: Client, user: User
) -> None:
    assertContains(signed_in.get("/"), 'href="/account/"')
    assertContains(signed_in.get("/account/"), f'href="{PAGE}"')
    assertContains(signed_in.get(PAGE), f'href="{ON}"')

    make_two_factor(user)

    page = signed_in.get(PAGE)
    assertContains(page, "<dt>Turned on</dt><dd><time")
    assertContains(page, "None since")
    assertContains(page, f'href="{OFF}"')
    assertContains(page, f'href="{CODES}"')


def test_it_takes_few_statements(
    signed_in: Client, phone: Phone, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # Session, user, what they sign in with.
    with django_assert_num_queries(3):
        signed_in.get(PAGE)


@pytest.mark.parametrize(
    "name",
    [
        "mfa_index",
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes",
        "mfa_list_webauthn",
    ],
)
def test_no_other_door_of_allauth_is_open(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_the_admin_does_not_write_past_the_operations() -> None:
    assert not admin.site.is_registered(Authenticator)
