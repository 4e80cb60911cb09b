import re
from datetime import timedelta
from html import unescape
from http import HTTPStatus
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects
from time_machine import travel

from releases.actors import Actor
from releases.models import App, User
from releases.operations.hold_deploys import hold_deploys
from releases.operations.roll_back import roll_back
from releases.operations.set_maintenance import set_maintenance
from releases.operations.settle_release import settle_release
from tests.dashboard.clients import HTMX, member, stranger
from tests.factories import make_app, make_config, make_deploy, make_process, make_user

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system()


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
    assertContains(page, "/path/to/your/repository --as ada@example.com")


def test_what_to_type_leads_to_this_rollbook(
    signed_in: Client, settings: Settings
) -> None:
    settings.ROLLBOOK_RUNTIME = True
    settings.ROLLBOOK_HOME = settings.BASE_DIR / "var"
    at_home = signed_in.get("/")
    settings.ROLLBOOK_HOME = Path("/srv/a book")
    elsewhere = signed_in.get("/")
    settings.DATABASE_URL = "postgresql://rollbook:s3cret@db/rollbook"
    database_elsewhere = signed_in.get("/")

    assertContains(at_home, "</span>./manage.py create_app")
    assertContains(
        elsewhere, "ROLLBOOK_HOME=&#x27;/srv/a book&#x27; ./manage.py create"
    )
    assertContains(database_elsewhere, "DATABASE_URL=postgresql://... ROLLBOOK_HOME=")
    assertNotContains(database_elsewhere, "s3cret")


def test_an_app_without_a_deploy_says_so(signed_in: Client, user: User) -> None:
    make_app("fresh", owner=user)

    assertContains(signed_in.get("/"), "Nothing deployed")


def hold(app: App) -> None:
    hold_deploys(app=app, reason="An incident.", actor=SYSTEM)


def signs_of(client: Client, name: str) -> list[str]:
    """Return the states that the row of an app says."""
    page = client.get("/").content.decode()
    _, _, row = page.partition(f'href="/apps/{name}/activity/"')
    cell = row.partition('class="app-state">')[2].partition("</td>")[0]
    return re.findall(r"</svg>([^<]+)</span>", cell)


def test_an_app_says_how_it_fares(
    signed_in: Client, user: User, app: App, settings: Settings
) -> None:
    make_app("fresh", owner=user)
    settings.RELEASES_SETTLE_AT_ONCE = False
    make_deploy(make_app("on-its-way", owner=user))
    failing = make_app("failing", owner=user)
    settle_release(release=make_deploy(failing), succeeded=False, actor=SYSTEM)
    hold(failing)
    set_maintenance(app=app, on=True, actor=SYSTEM)

    assert signs_of(signed_in, "shop") == ["Live", "Maintenance"]
    assert signs_of(signed_in, "fresh") == ["Not deployed"]
    assert signs_of(signed_in, "on-its-way") == ["Releasing v2"]
    assert signs_of(signed_in, "failing") == ["v2 failed", "Deploys held"]


def test_where_apps_run_it_says_whether_they_do(
    signed_in: Client, user: User, app: App, settings: Settings
) -> None:
    settings.ROLLBOOK_RUNTIME = True
    for name, state in (("up", "up"), ("starting", "starting"), ("crashed", "crashed")):
        other = make_app(f"is-{name}", owner=user)
        make_deploy(other)
        other.refresh_from_db()
        make_process(other, "web", 1, state=state)

    assert signs_of(signed_in, "shop") == ["Not running"]
    assert signs_of(signed_in, "is-up") == ["Running"]
    assert signs_of(signed_in, "is-starting") == ["Starting"]
    assert signs_of(signed_in, "is-crashed") == ["Crashed"]


def test_the_last_days_are_a_picture_with_words_for_it(
    signed_in: Client, user: User, app: App
) -> None:
    roll_back(app=app, to=2, actor=SYSTEM)
    make_app("quiet", owner=user)

    page = signed_in.get("/")

    assertContains(
        page, 'aria-label="5 releases of shop in 30 days, 1 day with a rollback"'
    )
    assertContains(page, '<path class="back" d="M146.5 23.5l3 4.5h-6z"/>', count=1)
    assertContains(page, '<rect x="145" y="6.0" width="3" height="15.0"/>', count=1)
    assertContains(page, '<span class="soft">None</span>', count=1)


def test_what_needs_somebody_is_first_and_pages_go_on_from_there(
    signed_in: Client, user: User
) -> None:
    for number in range(52):
        hold(make_app(f"held-{number:02}", owner=user))
    make_app("aaa", owner=user)

    first = signed_in.get("/")
    second = signed_in.get("/?after=3:held-49")

    assertContains(first, 'href="?after=3:held-49"')
    assertContains(signed_in.get("/?q=Held"), 'href="?q=Held&amp;after=3:held-49"')
    assertNotContains(first, ">aaa<")
    assertContains(second, ">held-50<")
    assertContains(second, ">aaa<")


def test_a_search_is_an_address_and_goes_on_over_pages(
    signed_in: Client, user: User, app: App
) -> None:
    make_app("web-shop", owner=user)
    make_app("blog", owner=user)

    found = signed_in.get("/?q=Shop")

    assertContains(found, 'name="q" value="Shop"')
    assertContains(found, ">web-shop<")
    assertNotContains(found, ">blog<")
    after = signed_in.get("/?q=Shop&after=shop")
    assertContains(after, 'href="?q=Shop">Back to the first')
    assertNotContains(after, ">shop<")


def test_a_search_for_htmx_is_the_list_and_what_is_said_aloud(
    signed_in: Client, app: App
) -> None:
    found = signed_in.get("/?q=sh", headers=HTMX)
    none = signed_in.get("/?q=x", headers=HTMX)

    assertContains(found, '<div hx-swap-oob="innerHTML:#apps-found">1 app</div>')
    assertNotContains(found, 'role="search"')
    assertContains(none, "No app you may see has “x” in its name")
    assertContains(none, 'innerHTML:#apps-found">No apps</div>')


@pytest.mark.parametrize(
    "asked",
    ["q=%00", "q=" + "x" * 200, "after=%00", "after=9:shop", "after=3:", "after=Shop"],
)
def test_what_no_search_can_be_narrows_nothing(
    signed_in: Client, app: App, asked: str
) -> None:
    assertContains(signed_in.get(f"/?{asked}"), ">shop<")


def test_what_is_searched_for_is_text(signed_in: Client, app: App) -> None:
    page = signed_in.get("/", {"q": '"><script>'})

    assertContains(page, "“&quot;&gt;&lt;script&gt;”")
    assertNotContains(page, "<script>")


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
    signed_in: Client,
    user: User,
    settings: Settings,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(4):
        make_deploy(make_app(owner=user))
        hold(make_app(owner=user))

    # Session, user, what the user may see by their row, apps that need somebody and the
    # others, their last activities, the days of their releases.
    with django_assert_num_queries(7):
        signed_in.get("/")
    # And the states of their processes.
    settings.ROLLBOOK_RUNTIME = True
    with django_assert_num_queries(8):
        signed_in.get("/?q=shop")


def asks(client: Client, path: str = "/") -> str:
    """Return the address at which the list asks whether it changed."""
    html = client.get(path).content.decode()
    [address] = re.findall(r'id="news"[^>]* hx-get="([^"]+)"', html)
    return unescape(address)


def test_a_list_that_stays_open_is_told_once_that_it_changed_and_moves_when_asked_to(
    signed_in: Client, app: App, settings: Settings
) -> None:
    settings.ROLLBOOK_RUNTIME = True
    process = make_process(app, "web", 1)
    ask = asks(signed_in, "/?q=sh")
    with travel(timezone.now() + timedelta(hours=3)):
        assert signed_in.get(ask, headers=HTMX).status_code == HTTPStatus.NO_CONTENT

    # No activity tells of that.
    process.state = process.State.CRASHED
    process.save()

    told = signed_in.get(ask, headers=HTMX)
    assertContains(told, 'href="/?q=sh"')
    assertContains(told, "The list has changed: show it")
    assertNotContains(told, "hx-get")
    assertNotContains(told, "<table")
    assertRedirects(signed_in.get(ask), "/?q=sh")
    assert signed_in.get(asks(signed_in), headers=HTMX).status_code == 204


@pytest.mark.parametrize("path", ["/", "/?q=s", "/?after=a", "/?after=3:shop"])
def test_a_page_of_the_list_asks_for_itself(
    signed_in: Client, app: App, path: str
) -> None:
    hold(make_app("sss", owner=app.owner))
    ask = asks(signed_in, path)

    hold(make_app("aaa", owner=make_user()))
    assert signed_in.get(ask, headers=HTMX).status_code == HTTPStatus.NO_CONTENT

    hold(make_app("ssss", owner=app.owner))
    assert signed_in.get(ask, headers=HTMX).status_code == HTTPStatus.OK


def test_the_first_app_is_told_of_where_there_was_none(
    signed_in: Client, user: User
) -> None:
    ask = asks(signed_in)

    make_app("first", owner=user)

    assertContains(signed_in.get(ask, headers=HTMX), "The list has changed")


def test_asking_whether_the_list_changed_takes_the_statements_of_the_list(
    signed_in: Client, app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        hold(make_app(owner=app.owner))
        make_config(app, COLOR=str(number))
    ask = asks(signed_in)

    with django_assert_num_queries(7):
        assert signed_in.get(ask, headers=HTMX).status_code == HTTPStatus.NO_CONTENT


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
