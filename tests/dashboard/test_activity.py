import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains

from releases.models import App, User
from releases.operations.roll_back import roll_back
from tests.dashboard.clients import HTMX, member, stranger
from tests.factories import acting, make_app, make_config, make_deploy, make_user
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
PAGE = "/activity/"


def test_all_apps_one_may_see_stand_in_one_timeline_with_their_names(
    signed_in: Client, app: App, user: User
) -> None:
    other = make_app("storefront", owner=user)
    make_deploy(other)
    make_app("secret-app")

    page = signed_in.get(PAGE)

    html = page.content.decode()
    assert html.index("storefront") < html.index(">shop<")
    assertContains(page, 'href="/apps/storefront/activity/">storefront</a>')
    assertContains(page, 'href="/apps/shop/releases/v5/"')
    assertNotContains(page, "secret-app")


def test_versions_of_many_apps_never_share_an_anchor(
    signed_in: Client, app: App, user: User
) -> None:
    make_deploy(make_app("storefront", owner=user))

    anchors = re.findall(
        r'<li class="entry" id="([^"]+)"', signed_in.get(PAGE).content.decode()
    )

    assert len(anchors) == len(set(anchors)) > 5


def test_current_and_undone_releases_are_told_for_each_app(
    signed_in: Client, app: App, user: User
) -> None:
    roll_back(app=app, to=3, actor=acting(user))

    page = signed_in.get(PAGE)

    assertContains(page, 'data-state="current"', count=1)
    assertContains(page, 'href="/apps/shop/releases/v6/">Undone by v6</a>', count=2)
    assertNotContains(page, "data-span")
    assertNotContains(page, "rollback/")


def test_who_sees_no_app_sees_nothing(app: App) -> None:
    assertContains(stranger().get(PAGE), "Nothing has happened yet.")


def test_filters_and_older_entries_work_as_on_one_app(
    signed_in: Client, app: App
) -> None:
    for number in range(60):
        make_config(app, COLOR=str(number))

    first = signed_in.get(PAGE, {"kind": "config"}).content.decode()
    found = re.search(r'id="older"><a class="btn" href="([^"]+)"', first)
    assert found
    second = signed_in.get(PAGE + found[1].replace("&amp;", "&"), headers=HTMX)

    versions = re.findall(
        r'<a class="ver[^>]*>v(\d+)<', first + second.content.decode()
    )
    assert list(map(int, versions)) == [*range(65, 4, -1), 3]


def test_a_superuser_sees_all_apps(app: App) -> None:
    client = Client()
    client.force_login(make_user(superuser=True))

    assertContains(client.get(PAGE), "shop")


@pytest.mark.parametrize("who", ["owner", "member", "superuser"])
def test_it_takes_at_most_six_statements(
    app: App,
    user: User,
    who: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(60):
        make_config(app, COLOR=str(number))
    roll_back(app=app, to=3, actor=acting(user))
    client = member(app, "view")
    if who != "member":
        sign_in(client, user if who == "owner" else make_user(superuser=True))

    # Session, user, which apps, the page (twice where apps are many), the rollbacks.
    with django_assert_max_num_queries(6):
        client.get(PAGE)
