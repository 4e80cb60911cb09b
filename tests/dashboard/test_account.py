"""One's account: the password, and where one is signed in."""

from http import HTTPStatus

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects
from time_machine import travel

from dashboard.sessions import device_words
from releases.models import Activity, User
from tests.authenticator import make_two_factor
from tests.dashboard.clients import stranger
from tests.factories import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nobody_tried_before")]
PAGE = "/account/"
PASSWORD_PAGE = f"{PAGE}password/"
OTHERS = f"{PAGE}sessions/end-others/"
NEW = "correct-horse-9"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/604.1"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
SAFARI = f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) {WEBKIT}"


def browser(user_agent: str = FIREFOX, ip: str = "192.0.2.7") -> Client:
    """A browser in which Ada has just signed in, and looked at a page."""
    client = Client(headers={"User-Agent": user_agent}, REMOTE_ADDR=ip)
    client.post("/account/login/", {"login": "ada@example.com", "password": PASSWORD})
    client.get("/")
    return client


def is_in(client: Client) -> bool:
    return client.get(PAGE).status_code == HTTPStatus.OK


# The password


def test_a_password_is_changed_and_others_are_signed_out(user: User) -> None:
    here, elsewhere = browser(), browser(SAFARI)

    page = here.post(
        PASSWORD_PAGE, {"password": PASSWORD, "new": NEW, "again": NEW}, follow=True
    )

    assertRedirects(page, PAGE)
    assertContains(page, "Your password is changed.")
    assert [is_in(here), is_in(elsewhere)] == [True, False]
    user.refresh_from_db()
    assert user.check_password(NEW)
    # Here it goes on, under another key, and is seen.
    assertContains(here.get(PAGE), "This one", count=1)
    assert UserSession.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"password": "wrong"}, "Incorrect password."),
        ({"again": "another"}, "This is another one than above."),
        ({"new": "short", "again": "short"}, "too short"),
        ({"new": "12345678", "again": "12345678"}, "too common"),
        ({"new": ""}, "This field is required."),
    ],
)
def test_what_is_typed_wrongly_changes_nothing(
    signed_in: Client, user: User, typed: dict[str, str], sentence: str
) -> None:
    filled = {"password": PASSWORD, "new": NEW, "again": NEW}

    page = signed_in.post(PASSWORD_PAGE, filled | typed)

    assertContains(page, sentence, status_code=422)
    assertNotContains(page, NEW, status_code=422)
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert not Activity.objects.filter(kind="password.changed").exists()


def test_guessing_it_in_a_stolen_session_ends_soon(
    signed_in: Client, user: User
) -> None:
    filled = {"new": NEW, "again": NEW}
    for _ in range(5):
        signed_in.post(PASSWORD_PAGE, {"password": "wrong", **filled})

    page = signed_in.post(PASSWORD_PAGE, {"password": PASSWORD, **filled})

    assertContains(page, "Too many failed login attempts.", status_code=422)
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


# Sessions


def test_sessions_are_told_by_device_address_and_time(user: User) -> None:
    with travel("2030-01-01 12:00Z", tick=False) as clock:
        browser(SAFARI, "192.0.2.8")
        clock.shift(3_600)
        here = browser()
        clock.shift(7_200)
        page = here.get(PAGE)

    assertContains(page, "Firefox on Linux <span")
    assertContains(page, "Safari on an iPhone</th>")
    assertContains(page, "192.0.2.7")
    assertContains(page, "192.0.2.8")
    assertContains(page, ">3 hours ago</time>")
    # This one is seen now, and stands first.
    html = page.content.decode()
    assert html.index("Firefox on Linux") < html.index("Safari on an iPhone")
    assert ">just now</time>" in html


def test_being_seen_is_noted_every_few_minutes_only(
    user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with travel("2030-01-01 12:00Z", tick=False) as clock:
        here = browser()
        began = UserSession.objects.get().last_seen_at
        clock.shift(299)
        # Session, user.
        with django_assert_num_queries(2):
            here.get("/account/display/")
        assert UserSession.objects.get().last_seen_at == began
        clock.shift(2)
        here.get("/account/display/")

    seen = UserSession.objects.get()
    assert (seen.last_seen_at - began).total_seconds() == 301


def test_who_has_no_address_is_not_noted(client: Client, user: User) -> None:
    client.force_login(user)

    assert client.get("/", REMOTE_ADDR="").status_code == HTTPStatus.OK
    assert not UserSession.objects.exists()


def test_one_that_is_lost_is_ended(user: User) -> None:
    here, lost = browser(), browser(SAFARI)
    [row] = UserSession.objects.filter(user_agent=SAFARI)
    end = f"{PAGE}sessions/{row.pk}/end/"
    assertContains(here.get(PAGE), f'action="{end}"')

    page = here.post(end, follow=True)

    assertContains(page, "You are signed out there.")
    assertNotContains(page, "iPhone")
    assert [is_in(here), is_in(lost)] == [True, False]
    # Pressed twice, it is done once.
    assertContains(here.post(end, follow=True), "This session has ended already.")
    assert Activity.objects.filter(kind="sessions.ended").count() == 1


def test_all_others_are_ended(user: User) -> None:
    here, *others = browser(), browser(SAFARI), browser(SAFARI)

    page = here.post(OTHERS, follow=True)

    assertContains(page, "Ended 2 sessions.")
    assertNotContains(page, "End all others")
    assert [is_in(each) for each in (here, *others)] == [True, False, False]
    assertContains(here.post(OTHERS, follow=True), "There was no other.")


def test_nobody_ends_the_session_of_another(user: User) -> None:
    here = browser()
    [row] = UserSession.objects.all()

    stranger().post(f"{PAGE}sessions/{row.pk}/end/")
    stranger().post(OTHERS)

    assert is_in(here)


def test_it_takes_the_same_statements_for_any_number_of_sessions(
    signed_in: Client, user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # Session, user, sessions, two-factor.
    with django_assert_num_queries(4):
        signed_in.get(PAGE)
    for _ in range(51):
        other = Client()
        other.force_login(user)
        other.get("/", REMOTE_ADDR="192.0.2.1")

    with django_assert_num_queries(4):
        page = signed_in.get(PAGE)

    assertContains(page, "A browser</th>", count=50)
    assertContains(page, "And more, seen longer ago.")


def test_signing_in_forgets_sessions_that_ended(user: User) -> None:
    browser(SAFARI).post("/account/logout/")

    browser()

    assert UserSession.objects.get().user_agent == FIREFOX


@pytest.mark.parametrize("path", ["sessions/1/end/", "sessions/end-others/"])
def test_ending_is_posted(signed_in: Client, path: str) -> None:
    assert signed_in.get(PAGE + path).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_it_leads_to_all_that_is_ones_own(signed_in: Client, user: User) -> None:
    page = signed_in.get(PAGE)

    assertContains(page, "ada@example.com")
    assertContains(page, "Set up<span")
    assertNotContains(page, "Superuser")
    for path in ("password/", "two-factor/", "tokens/", "display/"):
        assertContains(page, f'href="{PAGE}{path}"')
    make_two_factor(user)
    assertContains(signed_in.get(PAGE), 'Manage<span class="vh"> two-factor')


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (SAFARI, "Safari on an iPhone"),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Edg/140.0.0.0",
            "Edge on Windows",
        ),
        (f"Mozilla/5.0 (Linux; Android 10; K) {CHROME}", "Chrome on Android"),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/18.5",
            "Safari on a Mac",
        ),
        ("curl/8.14.1", "curl"),
        ("", "A browser"),
    ],
)
def test_a_device_is_told_in_words(user_agent: str, words: str) -> None:
    assert device_words(user_agent) == words
