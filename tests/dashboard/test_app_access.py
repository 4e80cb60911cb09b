"""Who may do what with an app: seen by all of them, changed by who manages it."""

import uuid

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from dashboard.access_page import PEOPLE_SHOWN
from releases.models import Access, App, User
from releases.operations.give_access import give_access
from releases.operations.transfer_app import transfer_app
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
    assertContains(refused, f'value="{typed["email"]}"', status_code=status)
    assertContains(refused, 'id="give-error"', count=1, status_code=status)


def test_what_was_ticked_stays_ticked_where_it_was_refused(
    signed_in: Client, app: App
) -> None:
    typed = {"email": "nobody@example.com", "permission": ["deploy", "manage"]}

    refused = signed_in.post(f"{PAGE}give/", typed)

    for permission, is_ticked in (("rollback", False), ("deploy", True)):
        box = f'<input type="checkbox" name="permission" value="{permission}"'
        ticked = f"{box} checked>" if is_ticked else f"{box}>"
        assertContains(refused, ticked, count=1, status_code=404, html=True)


def test_a_change_that_is_refused_is_told_with_the_person(
    signed_in: Client, app: App, grace: User
) -> None:
    typed = {"form": "person", "email": grace.email, "permission": "rollback"}

    refused = signed_in.post(f"{PAGE}give/", typed)

    sentence = "grace@example.com has that access to shop already."
    assertContains(refused, sentence, count=1, status_code=422)
    assertContains(refused, '<details class="disc" open>', count=1, status_code=422)
    assertNotContains(refused, "give-error", status_code=422)
    assert app.activities.filter(kind="access.given").count() == 1


def test_taking_what_was_taken_meanwhile_says_so(
    signed_in: Client, app: App, grace: User
) -> None:
    typed = {"email": grace.email}
    signed_in.post(f"{PAGE}take/", typed)

    again = signed_in.post(f"{PAGE}take/", typed)

    assertContains(again, "has no access to shop that was given", status_code=422)
    assert app.activities.filter(kind="access.taken").count() == 1


def test_many_people_come_in_pages_that_take_the_same_few_statements(
    signed_in: Client, app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    people = [
        User(id=uuid.uuid4(), email=f"many{number:02}@example.com")
        for number in range(PEOPLE_SHOWN + 1)
    ]
    now = timezone.now()
    Access.objects.bulk_create(
        Access(app=app, user=user, permissions=["view"], created_at=now, updated_at=now)
        for user in User.objects.bulk_create(people)
    )

    # Session, user, the app with what one may, the people.
    with django_assert_num_queries(4):
        page = signed_in.get(PAGE)

    assertContains(page, "many49@example.com</b>")
    assertNotContains(page, "many50@example.com</b>")
    assertContains(page, 'href="?after=many49%40example.com"')
    rest = signed_in.get(PAGE, {"after": "many49@example.com"})
    assertContains(rest, "many50@example.com</b>")
    assertNotContains(rest, "More people")


def test_nobody_comes_after_the_last_and_nonsense_begins_at_the_first(
    signed_in: Client, grace: User
) -> None:
    after = signed_in.get(PAGE, {"after": "zoe@example.com"})
    assertContains(after, "Nobody comes after zoe@example.com.")
    for nonsense in ("\0", "x" * 400):
        assertContains(signed_in.get(PAGE, {"after": nonsense}), grace.email)


def test_one_leaves_an_app_oneself(app: App, grace: User, client: Client) -> None:
    client.force_login(grace)
    assertContains(client.get(PAGE), "Leave shop")

    left = client.post(f"{PAGE}take/", {"email": grace.email}, follow=True)

    assertContains(left, "You have left shop.")
    assert client.get(PAGE).status_code == 404
    assert app.activities.latest("sequence").summary == "Left the app"


def test_an_app_is_transferred_by_its_name(signed_in: Client, app: App) -> None:
    eve = make_user("eve@example.com")
    typed = {"email": eve.email, "confirm": "shpo"}

    refused = signed_in.post(f"{PAGE}transfer/", typed)
    assertContains(refused, "To transfer shop, type its name.", status_code=422)
    assertContains(refused, 'value="eve@example.com"', status_code=422)
    assertContains(refused, 'value="shpo"', status_code=422)
    done = signed_in.post(f"{PAGE}transfer/", typed | {"confirm": "shop"}, follow=True)

    assertContains(done, "eve@example.com owns shop now.")
    assert App.objects.get(pk=app.pk).owner == eve
    assert signed_in.get(PAGE).status_code == 404


def test_a_transfer_says_beforehand_what_it_leaves_to_the_owner(
    signed_in: Client, app: App, user: User, grace: User
) -> None:
    manager = member(app, "manage")
    assertContains(signed_in.get(PAGE), "You will not see it any more")
    assertContains(manager.get(PAGE), "ada@example.com then keeps only what was given")

    transfer_app(app=app, to=grace, actor=acting(user))
    client = Client()
    client.force_login(grace)
    kept = "You then keep only what was given to you before: view, rollback"
    assertContains(client.get(PAGE), kept)
    User.objects.filter(pk=grace.pk).update(is_superuser=True)
    assertContains(client.get(PAGE), "You go on seeing it, as a superuser")


def test_who_owns_an_app_is_one_person_with_no_more_to_be_given(
    signed_in: Client, app: App, user: User, grace: User
) -> None:
    transfer_app(app=app, to=grace, actor=acting(user))
    client = Client()
    client.force_login(grace)

    page = client.get(PAGE)

    assertContains(page, 'grace@example.com</b> <span class="soft">you', count=1)
    assertNotContains(page, "change what grace@example.com may do")
    assertContains(page, "Nobody else was given access.")


def test_nothing_is_ticked_for_somebody_new(signed_in: Client, app: App) -> None:
    page = signed_in.get(PAGE)

    assertContains(page, "With nothing ticked, they may view the app.")
    assertNotContains(page, " checked>")


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
                "There is no app called shop that you may see.",
                status_code=404,
            )
    assert permissions(app, grace) == ["view", "rollback"]
