"""An Overview that stays open follows what others do, each part in its own place."""

import re
from html import unescape
from http import HTTPStatus

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from releases.models import App, Process, User
from releases.operations.hold_deploys import hold_deploys
from releases.operations.roll_back import roll_back
from releases.operations.scale import scale
from releases.operations.set_maintenance import set_maintenance
from tests.dashboard.clients import HTMX, member, stranger
from tests.factories import (
    acting,
    make_app,
    make_config,
    make_deploy,
    make_member,
    make_process,
)

pytestmark = pytest.mark.django_db
PAGE = "/apps/shop/"


def asks(answer: object) -> str:
    """Return the address at which an Overview, or its news, asks what is new."""
    html = answer.content.decode() if isinstance(answer, HttpResponse) else ""
    [address] = re.findall(r'id="news"[^>]* hx-get="([^"]+)"', html)
    return unescape(address)


def parts(answer: object) -> list[str]:
    """Return the ids of all that goes to a place of its own."""
    html = answer.content.decode() if isinstance(answer, HttpResponse) else ""
    return re.findall(r'id="([^"]+)"[^>]* hx-swap-oob=', html)


@pytest.fixture
def runs(settings: Settings, app: App) -> App:
    """An app with a process that is up."""
    settings.ROLLBOOK_RUNTIME = True
    make_deploy(app, files={"Procfile": "web: serve\n"})
    app.refresh_from_db()
    make_process(app, "web", 1)
    return app


def test_a_colleagues_rollback_is_told_once_with_all_that_it_changes(
    signed_in: Client, app: App
) -> None:
    colleague = acting(make_member(app, "rollback").user)
    ask = asks(signed_in.get(PAGE))
    assert signed_in.get(ask, headers=HTMX).status_code == HTTPStatus.NO_CONTENT

    roll_back(app=app, to=3, actor=colleague)

    told = signed_in.get(ask, headers=HTMX)
    assertContains(told, "1 new entry: Rollback to v3, by ")
    assertContains(told, f'class="ver ver-current ver-l" href="{PAGE}releases/v6/"')
    assertContains(told, f'<li data-new><p><a class="ver ver-current" href="{PAGE}')
    assertContains(told, " data-new", count=1)
    assert parts(told) == [
        *("now", "held", "news-said", "app-signs"),
        *("process-types", "latest", "reached", "glance"),
    ]
    again = signed_in.get(asks(told), headers=HTMX)
    assert again.status_code == HTTPStatus.NO_CONTENT


def test_a_hold_and_maintenance_stand_in_its_head_and_below_what_runs(
    signed_in: Client, app: App
) -> None:
    ask = asks(signed_in.get(PAGE))

    hold_deploys(app=app, reason="p95 doubled", actor=acting(app.owner))
    set_maintenance(app=app, on=True, actor=acting(app.owner))

    told = signed_in.get(ask, headers=HTMX)
    assertContains(told, "2 new entries: ")
    assertContains(told, "Deploys held by ada@example.com")
    assertContains(told, "<p>p95 doubled</p>")
    assertContains(told, "</svg>Maintenance</span>")
    assertContains(told, "Switch maintenance off")


def test_an_activity_page_tells_of_a_hold_too(signed_in: Client, app: App) -> None:
    ask = asks(signed_in.get(f"{PAGE}activity/"))

    hold_deploys(app=app, reason="p95 doubled", actor=acting(app.owner))

    told = signed_in.get(ask, headers=HTMX)
    assert parts(told) == ["news-said", "now", "held", "app-signs"]
    assertContains(told, "<p>p95 doubled</p>")


@pytest.mark.parametrize("path", ["", "activity/"])
def test_what_is_told_has_its_place_on_the_page(
    signed_in: Client, user: User, path: str
) -> None:
    new = make_app("brand-new", owner=user)
    page = signed_in.get(f"/apps/brand-new/{path}")

    make_config(new, COLOR="red")

    told = parts(signed_in.get(asks(page), headers=HTMX))
    assert "now" in told
    for each in told:
        assertContains(page, f'id="{each}"', count=1)


def test_where_apps_run_the_forms_and_a_release_on_its_way_come_along(
    signed_in: Client, runs: App, settings: Settings
) -> None:
    page = signed_in.get(PAGE)
    settings.RELEASES_SETTLE_AT_ONCE = False

    make_deploy(runs)
    scale(app=runs, quantities={"web": "2"}, actor=acting(runs.owner))

    told = signed_in.get(asks(page), headers=HTMX)
    assertContains(told, "v7 is on its way")
    assertContains(told, 'name="was-web" value="2"')
    assert {"way-region", "running", "scale", "run-settings"} < {*parts(told)}
    for each in parts(told):
        assertContains(page, f'id="{each}"', count=1)
    # From then on the way follows itself, and what was read out of it stays.
    make_config(make_app(owner=runs.owner), COLOR="red")
    set_maintenance(app=runs, on=True, actor=acting(runs.owner))
    assertNotContains(signed_in.get(asks(told), headers=HTMX), "way-region")


def test_a_process_that_crashed_is_shown_and_nothing_is_read_out(
    signed_in: Client, runs: App
) -> None:
    ask = asks(signed_in.get(PAGE))
    assert signed_in.get(ask, headers=HTMX).status_code == HTTPStatus.NO_CONTENT

    runs.processes.update(state=Process.State.CRASHED)

    told = signed_in.get(ask, headers=HTMX)
    assert parts(told) == ["now", "held", "running"]
    assertContains(told, "web: 1 crashed")
    again = signed_in.get(asks(told), headers=HTMX)
    assert again.status_code == HTTPStatus.NO_CONTENT


def test_each_is_offered_only_what_they_may(runs: App) -> None:
    client = member(runs, "view")
    ask = asks(client.get(PAGE))

    make_config(runs, COLOR="s3cret-green")

    told = client.get(ask, headers=HTMX)
    assertNotContains(told, "<form")
    assertNotContains(told, "rollback/")
    assertNotContains(told, "s3cret")


def test_nobody_is_told_of_what_they_may_not_see(app: App) -> None:
    for headers in (HTMX, {}):
        answer = stranger().get(f"{PAGE}news/?after=0", headers=headers, follow=True)
        assert answer.status_code == HTTPStatus.NOT_FOUND


def test_it_is_read_by_htmx_alone(signed_in: Client, app: App) -> None:
    assertRedirects(signed_in.get(f"{PAGE}news/?after=3"), PAGE)
    assert signed_in.post(f"{PAGE}news/").status_code == 405
    assertContains(signed_in.get(f"{PAGE}news/?after=x", headers=HTMX), "5 new entries")


def test_asking_in_vain_takes_few_statements_and_no_more_for_a_long_history(
    signed_in: Client,
    runs: App,
    settings: Settings,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(60):
        make_config(runs, COLOR=str(number))
    runs.refresh_from_db()
    runs.processes.update(release=runs.current_release)
    ask = asks(signed_in.get(PAGE))

    # Session, user, app; the lines since; the formation, the processes.
    with django_assert_num_queries(6):
        assert signed_in.get(ask, headers=HTMX).status_code == 204
    settings.ROLLBOOK_RUNTIME = False
    with django_assert_num_queries(4):
        assert signed_in.get(ask, headers=HTMX).status_code == 204
    # And then the page: the app, the newest lines, the last known good by three that it
    # is judged by, people, add-ons.
    make_config(runs, COLOR="red")
    with django_assert_num_queries(12):
        assert signed_in.get(ask, headers=HTMX).status_code == 200
