from http import HTTPStatus

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from releases.actors import Actor
from releases.admin.activities import ActivityAdmin
from releases.admin.lists import BoundedPaginator
from releases.models import (
    Access,
    Activity,
    AddOn,
    App,
    Blob,
    ConfigSet,
    ConfigVar,
    Mark,
    Release,
    Slug,
    User,
)
from releases.operations.deploy import deploy
from releases.operations.destroy_app import destroy_app
from releases.operations.hold_deploys import hold_deploys
from releases.operations.roll_back import roll_back
from tests.factories import (
    make_app,
    make_config,
    make_member,
    make_slug,
)
from tests.releases.admin.pages import listed, url

MINUS = "\N{MINUS SIGN}"
pytestmark = pytest.mark.django_db

# Session, user, how many there are, which of them are on the page, these.
ALL_OF_THEM: dict[type[Model], int] = {
    App: 5,
    Release: 5 + 1,  # The keys that each release changed.
    Activity: 5,
    Blob: 5,
    Mark: 5,
    AddOn: 5,
    Access: 5,
    User: 5,
    # Session and user: these show nothing before an app is named.
    Slug: 2,
    ConfigSet: 2,
    ConfigVar: 2,
}
# Session, user, the app, how many there are, which of them are on the page, these.
OF_AN_APP: dict[type[Model], int] = {
    Release: 6 + 1,  # The keys that each release changed.
    Activity: 6,
    Slug: 6,
    ConfigSet: 6,
    ConfigVar: 6,
    Mark: 6,
    AddOn: 6,
    Access: 6,
}


@pytest.mark.parametrize(("model", "queries"), ALL_OF_THEM.items())
def test_a_list_takes_the_same_queries_whatever_its_length(
    model: type[Model],
    queries: int,
    app: App,
    root: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(3):
        make_config(make_app(), COLOR="red")

    with django_assert_num_queries(queries):
        root.get(url(model, "changelist"))


@pytest.mark.parametrize(("model", "queries"), OF_AN_APP.items())
def test_the_list_of_an_app_takes_the_same_queries_whatever_its_length(
    model: type[Model],
    queries: int,
    app: App,
    root: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for color in ("red", "green", "blue"):
        make_config(app, COLOR=color)

    with django_assert_num_queries(queries):
        root.get(url(model, "changelist"), {"q": "shop"})


def test_the_index_asks_for_the_newest_activity_alone(
    app: App, root: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # Session, user, activity.
    with django_assert_num_queries(3):
        root.get(reverse("admin:index"))


@pytest.mark.parametrize("model", OF_AN_APP)
def test_the_name_of_an_app_finds_what_belongs_to_it_alone(
    model: type[Model], app: App, root: Client
) -> None:
    make_config(make_app("shop-2"), COLOR="red")

    rows = listed(root, model, q="shop")

    assert len(rows) == model._default_manager.filter(app=app).count() > 0


@pytest.mark.parametrize("model", OF_AN_APP)
def test_an_app_that_is_not_there_is_said_to_be_so(
    model: type[Model], app: App, root: Client
) -> None:
    response = root.get(url(model, "changelist"), {"q": "shops"})

    assert "There is no app called shops." in response.content.decode()
    assert listed(root, model, q="shops") == []


@pytest.mark.parametrize(
    ("model", "search", "found"),
    [
        (Release, "shop v3", 1),
        (Release, "shop 3", 1),
        (Release, "shop 9", 0),
        (ConfigVar, "shop SECRET", 1),
        (ConfigVar, "shop SECR", 0),
        (Mark, "shop v2", 1),
        (Mark, "shop v3", 0),
        (Slug, "shop 0000000000", 0),
        (Activity, "shop system@rollbook.invalid", 6),
        (Activity, "SYSTEM@rollbook.invalid", 9),
        (Activity, "shop nobody@example.com", 0),
        (Activity, "nobody@example.com", 0),
        (Access, "nobody@example.com", 0),
        (App, "sho", 1),
        (App, "hop", 0),
        (User, "ROOT@", 1),
        (User, "system", 0),
        (Release, "shop \x00", 4),
    ],
)
def test_a_second_word_narrows_the_search(
    model: type[Model], search: str, found: int, app: App, root: Client
) -> None:
    assert len(listed(root, model, q=search)) == found


def test_commits_are_found_by_how_they_begin(app: App, root: Client) -> None:
    commit = Slug.objects.get().commit

    assert len(listed(root, Slug, q=f"shop {commit[:7].upper()}")) == 1
    # The deploy, and the two releases after it.
    assert len(listed(root, Release, q=f"shop {commit[:7]}")) == 3


def test_a_commit_that_begins_with_digits_alone_is_no_version(root: Client) -> None:
    till = make_app("till")
    slug = make_slug(till, commit=f"3225839{'a' * 33}")
    deploy(app=till, slug=slug, actor=Actor.system())

    assert len(listed(root, Slug, q="till 3225839")) == 1
    assert len(listed(root, Release, q="till 3225839")) == 1


def test_the_access_of_a_person_is_found_by_their_e_mail(
    app: App, root: Client
) -> None:
    member = make_member(make_app("till"), "deploy")

    [row] = listed(root, Access, q=member.user.email)

    assert "till view, deploy" in row


def test_releases_come_newest_first_with_the_keys_they_changed(
    app: App, root: Client
) -> None:
    make_config(app, "SECRET", COLOR="red", SIZE="1", SHAPE="round", AGE="2", HUE="3")
    roll_back(app=app, to=3, actor=Actor.system())

    rows = listed(root, Release)

    assert rows[0].startswith(
        f"v6 shop Current + added SECRET, {MINUS} removed AGE, {MINUS} removed COLOR,"
        f" {MINUS} removed HUE and 3 more"
    )
    assert rows[1].startswith(
        "v5 shop + added AGE, + added COLOR, + added HUE, + added SHAPE and 2 more"
    )
    assert [row.split()[0] for row in rows] == ["v6", "v5", "v4", "v3", "v2", "v1"]


def test_filters_show_what_they_say(app: App, root: Client) -> None:
    assert len(listed(root, Release, kind__exact="config")) == 1
    assert len(listed(root, Release, q="shop", kind__exact="deploy")) == 1
    assert listed(root, Release, status__exact="failed") == []
    assert len(listed(root, Activity, kind__exact="access.given")) == 1
    assert len(listed(root, Mark, kind__exact="pin", state="standing")) == 1
    assert listed(root, Mark, state="cleared") == []
    assert len(listed(root, User, is_superuser__exact="1")) == 1


def test_apps_are_shown_by_their_state(app: App, root: Client) -> None:
    gone = make_app("gone")
    destroy_app(app=gone, confirm="gone", actor=Actor.system())
    hold_deploys(app=app, reason="Moving", actor=Actor.system())

    assert [row.split()[0] for row in listed(root, App)] == ["shop"]
    assert [row.split()[0] for row in listed(root, App, state="held")] == ["shop"]
    assert [row.split()[0] for row in listed(root, App, state="destroyed")] == ["gone"]


def test_a_destroyed_app_is_found_by_its_name_unless_another_has_it(
    root: Client,
) -> None:
    gone = make_app("shop")
    destroy_app(app=gone, confirm="shop", actor=Actor.system())
    alone = listed(root, Release, q="shop")
    make_config(make_app("shop"), COLOR="red")

    taken = listed(root, Release, q="shop")
    by_its_id = listed(root, Release, app__id__exact=str(gone.pk))

    assert (len(alone), len(taken), len(by_its_id)) == (1, 2, 1)


def test_no_order_but_the_list_s_own_is_taken(app: App, root: Client) -> None:
    assert listed(root, Release, o="2") == listed(root, Release)


@pytest.mark.parametrize("page", ["99", "0", "-1", "x"])
def test_pages_that_are_not_there_lead_back_or_to_the_first(
    page: str, app: App, root: Client
) -> None:
    response = root.get(url(Release, "changelist"), {"p": page}, follow=True)

    assert response.status_code == HTTPStatus.OK


def test_a_list_says_that_it_has_more_than_it_counted(root: Client) -> None:
    User.objects.bulk_create(
        [User(email=f"person{n}@example.com", password="!") for n in range(2_001)]
    )

    html = root.get(url(User, "changelist")).content.decode()

    assert "more than 2000\nusers" in html
    assert root.get(url(User, "changelist"), {"p": 41}).status_code == HTTPStatus.FOUND


class ShortPaginator(BoundedPaginator[App]):
    count_limit = 3


@pytest.mark.parametrize(
    ("there", "count", "has_more"), [(2, 2, False), (3, 3, False), (4, 3, True)]
)
def test_a_count_ends_at_its_limit(there: int, count: int, has_more: bool) -> None:  # noqa: FBT001
    for _ in range(there):
        make_app()

    pages = ShortPaginator(App.objects.order_by("name"), 2)

    assert (pages.count, pages.has_more) == (count, has_more)
    assert pages.num_pages == (count + 1) // 2


class ShortSightedAdmin(ActivityAdmin):
    window = 2


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"kind__exact": "release.created"}, 1),
        ({"kind__exact": "release.marked"}, 1),
        ({"q": "user-nobody@example.com"}, 0),
        ({"q": "system@rollbook.invalid"}, 2),
        ({"topic": "app"}, 1),
        ({}, 9),
    ],
)
def test_over_all_apps_a_filter_looks_at_the_newest_rows_only(
    query: dict[str, str], found: int, app: App, rf: RequestFactory
) -> None:
    request = rf.get("/", query)
    request.user = User.objects.get(pk=app.owner_id)

    shown = ShortSightedAdmin(Activity, admin.site).get_changelist_instance(request)

    assert len(shown.result_list) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, 7),
        ({"kind__exact": "release.created"}, 1),
        ({"source__exact": "system"}, 2),
        ({"topic": "access"}, 1),
        ({"topic": "background"}, 1),
        ({"topic": "app", "kind__exact": "app.created"}, 0),
        ({"topic": "nothing"}, 7),
    ],
)
def test_in_an_app_a_topic_is_looked_for_in_all_its_lines_and_the_rest_in_the_newest(
    query: dict[str, str], found: int, app: App, rf: RequestFactory
) -> None:
    for of_app in ({"q": "shop"}, {"app__id__exact": str(app.pk)}):
        request = rf.get("/", {**of_app, **query})
        request.user = User.objects.get(pk=app.owner_id)

        shown = ShortSightedAdmin(Activity, admin.site).get_changelist_instance(request)

        assert len(shown.result_list) == found


def test_the_lines_of_a_topic_come_newest_first_in_an_order_that_its_index_has(
    app: App, rf: RequestFactory
) -> None:
    request = rf.get("/", {"q": "shop", "topic": "config"})
    request.user = User.objects.get(pk=app.owner_id)
    make_config(app, COLOR="red")

    shown = ActivityAdmin(Activity, admin.site).get_changelist_instance(request)

    newest_first = list(app.activities.filter(topic="config").order_by("-id"))
    assert list(shown.result_list) == newest_first
    assert len(newest_first) == 2
    # In a small table, any way to the lines is as good as another.
    of_no_app = {"kind": Activity.Kind.USER_SIGNED_IN, "created_at": timezone.now()}
    Activity.objects.bulk_create(
        Activity(actor=app.owner, **of_no_app) for _ in range(1_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE releases_activity")
        cursor.execute("SET LOCAL enable_sort = off")
    assert "activity_by_app" in shown.queryset.values("pk").explain()
