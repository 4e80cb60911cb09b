"""Who may do what with an app: seen by all of them, changed by who manages it."""

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from releases.models import Access, App, User
from releases.operations.give_access import give_access
from tests.dashboard.clients import member, stranger
from tests.factories import acting, make_user

pytestmark = pytest.mark.django_db
PAGE = "/apps/shop/access/"


def permissions(app: App, user: User) -> list[str]:
    access = Access.objects.filter(app=app, user=user).first()
    return list(access.permissions) if access else []


@pytest.fixture
def grace(app: App) -> User:
    grace = make_user("grace@example.com")
    give_access(app=app, user=grace, permissions=["rollback"], actor=acting(app.owner))
    return grace


def test_people_and_what_they_may_do_are_told_in_words(
    signed_in: Client, app: App, grace: User
) -> None:
    for page in (signed_in.get(PAGE), member(app, "view").get(PAGE)):
        assertContains(page, "ada@example.com")
        assertContains(page, "grace@example.com")
        assertContains(page, "Roll back to releases that were live; mark; hold")


def test_access_is_given_changed_and_taken(signed_in: Client, app: App) -> None:
    eve = make_user("eve@example.com")
    given = {"email": " Eve@example.com", "permission": ["rollback", "deploy"]}

    assertRedirects(signed_in.post(f"{PAGE}give/", given), PAGE)
    assert permissions(app, eve) == ["view", "rollback", "deploy"]
    signed_in.post(f"{PAGE}give/", {"email": "eve@example.com"})
    assert permissions(app, eve) == ["view"]
    assertRedirects(signed_in.post(f"{PAGE}take/", {"email": "eve@example.com"}), PAGE)
    assert permissions(app, eve) == []


@pytest.mark.parametrize(
    ("typed", "status", "sentence"),
    [
        ({"email": "nobody@example.com"}, 404, "There is no user nobody@example.com."),
        ({"email": "ada@example.com"}, 422, "owns shop and may do all"),
        ({"email": "eve@example.com", "permission": "fly"}, 422, "is no permission"),
    ],
)
def test_what_cannot_be_given_says_why(
    signed_in: Client, app: App, typed: dict[str, str], status: int, sentence: str
) -> None:
    make_user("eve@example.com")

    refused = signed_in.post(f"{PAGE}give/", typed)

    assertContains(refused, sentence, status_code=status)
    assertContains(refused, typed["email"], status_code=status)


def test_one_leaves_an_app_oneself(app: App, grace: User, client: Client) -> None:
    client.force_login(grace)
    assertContains(client.get(PAGE), "Leave this app")

    left = client.post(f"{PAGE}take/", {"email": grace.email}, follow=True)

    assertContains(left, "You have left shop.")
    assert client.get(PAGE).status_code == 404
    assert app.activities.latest("sequence").summary == "Left the app"


def test_an_app_is_transferred_by_its_name(signed_in: Client, app: App) -> None:
    eve = make_user("eve@example.com")
    typed = {"email": eve.email, "confirm": "shpo"}

    refused = signed_in.post(f"{PAGE}transfer/", typed)
    assertContains(refused, "To transfer shop, type its name.", status_code=422)
    done = signed_in.post(f"{PAGE}transfer/", typed | {"confirm": "shop"}, follow=True)

    assertContains(done, "eve@example.com owns shop now.")
    assert App.objects.get(pk=app.pk).owner == eve
    assert signed_in.get(PAGE).status_code == 404


def test_who_may_not_manage_changes_nothing_and_learns_of_nobody(
    app: App, grace: User
) -> None:
    browser = member(app, "deploy", "operate")

    assertNotContains(browser.get(PAGE), "Give access")
    for path in ("give/", "take/", "transfer/"):
        for email in (grace.email, "nobody@example.com"):
            typed = {"email": email, "confirm": "shop", "permission": "manage"}
            assertContains(
                browser.post(f"{PAGE}{path}", typed),
                "this needs the manage permission",
                status_code=403,
            )
            assertContains(
                stranger().post(f"{PAGE}{path}", typed),
                "There is no app called shop.",
                status_code=404,
            )
    assert permissions(app, grace) == ["view", "rollback"]
