from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains

from releases.models import App, User
from tests.dashboard.clients import HTMX, member, stranger
from tests.factories import make_app, make_deploy

pytestmark = pytest.mark.django_db


def test_each_app_is_there_with_what_it_runs_and_who_was_there_last(
    signed_in: Client, app: App
) -> None:
    page = signed_in.get("/")

    assertContains(page, 'href="/apps/shop/activity/"')
    assertContains(page, 'href="/apps/shop/releases/v5/">v5</a>')
    assertContains(page, "Set COLOR, SIZE config vars")
    assertContains(page, "system, <time")


def test_apps_of_others_are_not_there(app: App) -> None:
    assertNotContains(stranger().get("/"), "shop")
    assertContains(member(app, "view").get("/"), "shop")


def test_who_has_no_app_yet_is_told_what_to_type(signed_in: Client) -> None:
    page = signed_in.get("/")

    assertContains(page, "./manage.py create_app my-app --as ada@example.com")


def test_an_app_without_a_deploy_says_so(signed_in: Client, user: User) -> None:
    make_app("fresh", owner=user)

    assertContains(signed_in.get("/"), "Nothing deployed")


def test_pages_go_on_after_the_last_name(signed_in: Client, user: User) -> None:
    names = [f"app-{number:02}" for number in range(53)]
    for name in names:
        make_app(name, owner=user)

    first = signed_in.get("/")
    second = signed_in.get("/?after=app-49", headers=HTMX)

    assertContains(first, 'href="?after=app-49"')
    assertContains(first, ">app-49<")
    assertNotContains(first, ">app-50<")
    assertContains(second, ">app-52<")
    assertNotContains(second, "More apps")
    assertNotContains(second, "<html")


def test_it_takes_the_same_statements_for_one_app_and_for_many(
    signed_in: Client, user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(4):
        make_deploy(make_app(owner=user))

    # Session, user, what the user may see by their row, apps, their last activities.
    with django_assert_num_queries(5):
        signed_in.get("/")


def test_making_an_app_leads_to_its_page(signed_in: Client, user: User) -> None:
    page = signed_in.post("/apps/new/", {"name": "brand-new"}, follow=True)

    assert page.redirect_chain == [("/apps/brand-new/activity/", HTTPStatus.FOUND)]
    assert App.objects.get(name="brand-new").owner == user
    assertContains(page, "./manage.py deploy brand-new /path/to/your/repository")
    assert App.objects.get().activities.get().source == "web"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Shop", "An app&#x27;s name has 3 to 30 characters"),
        ("new", "is not &quot;new&quot;"),
        ("shop", "The name shop is taken."),
        ("", "This field is required."),
    ],
)
def test_a_name_that_cannot_be_says_why_and_stays_typed(
    signed_in: Client, app: App, name: str, sentence: str
) -> None:
    page = signed_in.post("/apps/new/", {"name": name})

    assertContains(page, sentence, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
    assertContains(page, f'value="{name}"', status_code=422)
    assert App.objects.count() == 1
