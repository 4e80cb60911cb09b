"""The insights: figures, their pictures and numbers, over one app and over all."""

import csv
import io
from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains
from time_machine import travel

from releases.actors import Actor
from releases.models import App, User
from releases.operations.roll_back import roll_back
from tests.dashboard.clients import HTMX, member, stranger
from tests.factories import make_app, make_config, make_deploy

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system()
NOW = "2026-11-25 15:00Z"


@pytest.fixture
def busy(user: User) -> App:
    """Deploys on the 3rd and twice on the 10th of November, all but the first undone."""
    with travel("2026-11-03 10:00Z", tick=False):
        app = make_app("busy", owner=user)
        make_deploy(app)
    with travel("2026-11-10 10:00Z", tick=False):
        make_deploy(app)
        make_config(app, COLOR="s3cret-red")
        make_deploy(app)
    with travel("2026-11-10 10:14Z", tick=False):
        roll_back(app=app, to=2, reason="Checkout <500s>", actor=SYSTEM)
    return app


@pytest.fixture
def browser(user: User) -> Client:
    """A browser that signs in and looks on the 25th."""
    client = Client()
    with travel(NOW):
        client.force_login(user)
    return client


def text(client: Client, path: str) -> str:
    with travel(NOW):
        page = client.get(path)
    assert page.status_code == HTTPStatus.OK
    return " ".join(page.content.decode().split())


@pytest.mark.parametrize("path", ["/insights/", "/apps/busy/insights/"])
def test_each_figure_has_its_number_its_picture_and_its_table(
    browser: Client, busy: App, path: str
) -> None:
    page = text(browser, f"{path}?weeks=4")

    assert '<b>67%</b><span class="small soft">2 of 3 deploys</span>' in page
    assert '<b>14 min</b><span class="small soft">median of 1 repair</span>' in page
    assert (
        'aria-label="Bar chart. 3 deploys in 4 weeks, most in the week of 9 Nov: 2."'
        in page
    )
    assert (
        '<th scope="row">9 November 2026</th><td class="num">2</td><td class="num">2</td><td class="num">100%</td>'
        in page
    )
    assert "2 November 2026 to 25 November 2026" in page
    assert page.count("<figure") == page.count('role="img"') == 4
    assert page.count("DORA") == 4


def test_the_latest_rollbacks_say_why_and_how_long_it_took(
    browser: Client, busy: App
) -> None:
    page = text(browser, "/insights/")

    assert "Checkout &lt;500s&gt;" in page
    assert 'href="/apps/busy/releases/v6/">v6</a>' in page
    assert '<td role="cell" class="num" data-label="Restored in">14 min</td>' in page
    assert "All rollbacks" not in page


def test_a_period_is_chosen_and_one_that_cannot_be_is_twelve_weeks(
    browser: Client, busy: App
) -> None:
    assert '<option value="52" selected>' in text(browser, "/insights/?weeks=52")
    for asked in ("", "?weeks=5", "?weeks=%00", "?weeks=99999999999"):
        page = text(browser, f"/insights/{asked}")
        assert '<option value="12" selected>' in page
        assert page.count('<svg viewBox="0 0 100 100"') == 4


def test_without_scripts_it_is_a_page_and_for_htmx_a_part_of_it(
    browser: Client, busy: App
) -> None:
    with travel(NOW):
        part = browser.get("/apps/busy/insights/?weeks=4", headers=HTMX)

    assert part.content.lstrip().startswith(b'<section id="insights"')
    assertNotContains(part, "<html")


@pytest.mark.parametrize("path", ["/insights/", "/apps/shop/insights/"])
def test_where_nothing_happened_it_says_so(
    signed_in: Client, user: User, path: str
) -> None:
    make_app("shop", owner=user)

    page = signed_in.get(path)

    assertContains(page, "Nothing was deployed or rolled back in this time.")
    assertContains(page, "Nobody went back in this time.")
    assertContains(page, "<b>none</b>")


def test_who_may_not_see_the_app_finds_nothing(busy: App) -> None:
    assert stranger().get("/apps/busy/insights/").status_code == HTTPStatus.NOT_FOUND
    assertNotContains(stranger().get("/insights/"), "busy")
    assertContains(member(busy, "view").get("/apps/busy/insights/"), "Insights")


def test_nothing_is_changed_by_looking(browser: Client, busy: App) -> None:
    assert browser.post("/insights/").status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_the_numbers_come_as_csv(browser: Client, busy: App) -> None:
    with travel(NOW):
        answer = browser.get("/apps/busy/insights/?weeks=4&format=csv")
        content = answer.getvalue().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))

    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="busy-insights-2026-11-02.csv"'
    )
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert [row["week_of"] for row in rows] == [
        "2026-11-02",
        "2026-11-09",
        "2026-11-16",
        "2026-11-23",
    ]
    assert [*rows[1].values()][1:] == ["2", "2", "1.0", "0", "1", "1", "840"]
    assert [*rows[2].values()][1:] == ["0", "0", "", "0", "0", "0", ""]


def test_it_takes_the_same_statements_for_one_app_and_for_many(
    signed_in: Client, user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        app = make_app(owner=user)
        make_deploy(app)
        make_deploy(app)
        roll_back(app=app, to=2, actor=SYSTEM)

    # Session, user; what they may see, counts by week, rollbacks, marked bad, what the
    # rollbacks undid, twice, and the latest.
    with django_assert_num_queries(9):
        signed_in.get("/insights/")
    # Session, user, the app and what one may do; the same six.
    with django_assert_num_queries(9):
        signed_in.get(f"/apps/{app}/insights/?weeks=52")


def test_no_config_value_is_told(browser: Client, busy: App) -> None:
    assert "s3cret" not in text(browser, "/apps/busy/insights/")
