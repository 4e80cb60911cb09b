from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

import pytest
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, reverse
from pytest_django.asserts import assertContains, assertRedirects

from releases.actors import Actor
from releases.models import Activity, User
from releases.operations.deactivate_user import deactivate_user
from tests.factories import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nobody_tried_before")]
PAGE = "/account/login/"
WRONG = "The email address and/or password you specified are not correct."


def sign_in(
    client: Client, email: str = "ada@example.com", password: str = PASSWORD
) -> int:
    page = client.post(PAGE, {"login": email, "password": password})
    return page.status_code


def test_people_sign_in_by_e_mail_in_any_case_and_arrive_where_they_were_going(
    client: Client, user: User
) -> None:
    page = client.post(
        f"{PAGE}?next=/activity/",
        {"login": "Ada@Example.COM", "password": PASSWORD},
    )

    assertRedirects(page, "/activity/")


def test_signing_in_is_recorded_with_the_address_it_came_from(
    client: Client, user: User
) -> None:
    sign_in(client)

    activity = Activity.objects.get(kind=Activity.Kind.USER_SIGNED_IN)
    assert (activity.actor, activity.source, activity.app) == (user, "web", None)
    assert (activity.ip, bool(activity.request_id)) == ("127.0.0.1", True)


def test_one_is_never_sent_to_another_site(client: Client, user: User) -> None:
    page = client.post(
        f"{PAGE}?next=https://evil.example.com/",
        {"login": "ada@example.com", "password": PASSWORD},
    )

    assertRedirects(page, "/")


def test_a_wrong_password_and_an_unknown_e_mail_sound_the_same(
    client: Client, user: User
) -> None:
    for email in ("ada@example.com", "nobody@example.com"):
        page = client.post(PAGE, {"login": email, "password": "wrong"})
        assertContains(page, WRONG)
        assert not Activity.objects.filter(kind="user.signed_in").exists()


def test_a_deactivated_account_is_told_so_and_stays_out(
    client: Client, user: User
) -> None:
    deactivate_user(user=user, actor=Actor.system())

    page = client.post(
        PAGE, {"login": "ada@example.com", "password": PASSWORD}, follow=True
    )

    assertContains(page, "This account is deactivated.")
    assert client.get("/").status_code == HTTPStatus.FOUND


def test_who_is_deactivated_is_out_at_once(signed_in: Client, user: User) -> None:
    deactivate_user(user=user, actor=Actor.system())

    assertRedirects(signed_in.get("/"), f"{PAGE}?next=/")


@pytest.mark.parametrize(
    ("referer", "after"),
    [
        ("http://testserver/apps/shop/settings/?x=1", "/apps/shop/settings/"),
        ("https://evil.example.com/apps/", "/apps/shop/settings/hold/"),
        ("", "/apps/shop/settings/hold/"),
    ],
)
def test_who_sent_a_form_comes_back_to_its_page(
    client: Client, referer: str, after: str
) -> None:
    answer = client.post("/apps/shop/settings/hold/", headers={"referer": referer})

    assert answer.headers["Location"] == f"{PAGE}?next={after}"


def test_the_system_cannot_sign_in(client: Client) -> None:
    page = client.post(PAGE, {"login": Actor.system().user.email, "password": "!"})

    assertContains(page, WRONG)


def test_a_session_ends_with_the_browser_unless_one_asks_otherwise(
    client: Client, user: User
) -> None:
    sign_in(client)
    assert client.session.get_expire_at_browser_close()

    client.logout()
    client.post(
        PAGE, {"login": "ada@example.com", "password": PASSWORD, "remember": "on"}
    )
    assert not client.session.get_expire_at_browser_close()


def test_signing_out_takes_a_post(signed_in: Client) -> None:
    assertContains(signed_in.get("/account/logout/"), "Sign out?")
    assert signed_in.get("/").status_code == HTTPStatus.OK

    assertRedirects(signed_in.post("/account/logout/"), PAGE)
    assert signed_in.get("/").status_code == HTTPStatus.FOUND


@pytest.mark.parametrize(
    "name", ["account_signup", "account_email", "socialaccount_signup"]
)
def test_there_is_no_door_to_sign_up_by(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.django_db(transaction=True)
def test_guesses_made_at_once_are_all_counted(user: User) -> None:
    """Five wrong passwords for one e-mail, whichever worker takes them."""

    def guess(_number: int) -> str:
        try:
            page = Client().post(
                PAGE, {"login": "ada@example.com", "password": "wrong"}
            )
            return page.content.decode()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as attackers:
        answers = list(attackers.map(guess, range(9)))

    assert sum(WRONG in answer for answer in answers) <= 5
    page = Client().post(PAGE, {"login": "ada@example.com", "password": PASSWORD})
    assertContains(page, "Too many failed login attempts.")


def test_one_address_may_not_try_many_e_mails(client: Client) -> None:
    answers = [sign_in(client, f"user{n}@example.com", "wrong") for n in range(31)]

    assert HTTPStatus.TOO_MANY_REQUESTS in answers
    page = client.post(PAGE, {"login": "ada@example.com", "password": "wrong"})
    assertContains(page, "<h1>Too many attempts</h1>", status_code=429)
    assertContains(page, "This holds for everyone at your address.", status_code=429)
