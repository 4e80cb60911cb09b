"""The Overview of an app: what runs, where it is reached, and how it is operated."""

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from pytest_django.asserts import (
    assertContains,
    assertNotContains,
    assertRedirects,
    assertTemplateNotUsed,
    assertTemplateUsed,
)

from releases.formation import formation_of
from releases.models import App, Process, Rollout, RunSettings, User
from releases.operations.scale import scale
from releases.operations.set_maintenance import set_maintenance
from tests.dashboard.clients import HTMX, member, stranger
from tests.factories import (
    acting,
    make_app,
    make_deploy,
    make_process,
    make_rollout,
)

pytestmark = pytest.mark.django_db
PAGE = "/apps/shop/"
PROCFILE = {"Procfile": "web: serve\nworker: work\nrelease: migrate\n"}
State = Process.State
both = pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
ACTIONS = ("scale/", "restart/", "stop/", "maintenance/", "run-settings/")


@pytest.fixture
def app(user: User, settings: Settings) -> App:
    """v2 runs one web process, and could run workers; apps run here."""
    app = make_app("shop", owner=user)
    make_deploy(app, files=PROCFILE)
    settings.ROLLBOOK_RUNTIME = True
    app.refresh_from_db()
    return app


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def said(client: Client, headers: dict[str, str] | None = None) -> str:
    html = client.get(PAGE, headers=headers).content.decode()
    return words(html.partition("<main")[2] or html)


def formation(app: App) -> dict[str, int]:
    return formation_of(app, app.current_release.slug)


@both
def test_each_process_stands_with_its_state_and_release(
    signed_in: Client, app: App, headers: dict[str, str]
) -> None:
    scale(app=app, quantities={"worker": "1"}, actor=acting(app.owner))
    make_process(app, "web", 1)
    make_process(
        app, "worker", 1, state=State.CRASHED, message="exited with 1", restarts=3
    )

    text = said(signed_in, headers)

    assert re.search(r"web\.1 Up since \d\d:\d\d, just now v2", text)
    assert re.search(r"worker\.1 Crashed since .*? started again 3 times", text)
    assert "Exited with 1" in text
    assert "web: 1 up worker: 1 crashed" in text


def test_what_waits_idle_and_what_is_yet_to_come_are_told_apart(
    signed_in: Client, app: App
) -> None:
    make_process(
        app,
        "web",
        1,
        release=app.releases.get(version=1),
        state=State.IDLE,
        idle_until=timezone.now() + timedelta(minutes=30),
    )

    text = said(signed_in)

    assert "web.1 About to start" in text
    assert re.search(r"Waiting idle for a way back: web\.1 of v1 , until \d", text)


def test_where_nothing_can_run_it_says_why(signed_in: Client, app: App) -> None:
    make_app("fresh", owner=app.owner)
    scale(app=app, quantities={"web": "0"}, actor=acting(app.owner))

    assert "Nothing runs: all its processes are scaled to zero" in said(signed_in)
    page = signed_in.get("/apps/fresh/")
    assertContains(page, "Nothing runs: nothing is deployed yet.")


def test_where_apps_do_not_run_here_it_says_so_and_offers_nothing(
    signed_in: Client, app: App, settings: Settings
) -> None:
    settings.ROLLBOOK_RUNTIME = False

    page = signed_in.get(PAGE)

    assertContains(page, "Apps do not run here")
    assertContains(page, "serve")
    assertNotContains(page, "/apps/shop/scale/")
    assertNotContains(page, "/apps/shop/restart/")
    for action in ("scale/", "restart/", "stop/", "run-settings/"):
        refused = signed_in.post(PAGE + action)
        assertContains(
            refused,
            "keeps this app&#x27;s releases and does not run them",
            status_code=HTTPStatus.UNPROCESSABLE_ENTITY,
        )


def test_it_is_reached_at_a_name_of_ours_and_domains_of_its_own(
    signed_in: Client, app: App, settings: Settings
) -> None:
    settings.APP_DOMAINS = {"shop.example.com": "shop", "till.example.com": "till"}

    page = signed_in.get(PAGE)

    assertContains(page, 'href="http://shop.localhost:8080/"')
    assertContains(page, 'href="http://shop.example.com:8080/"')
    assertNotContains(page, "till.example.com")
    settings.ROUTER_PORT, settings.ROUTER_HTTPS_PORT = 80, 443
    page = signed_in.get(PAGE)
    assertContains(page, 'href="http://shop.localhost/"')
    assertContains(page, 'href="https://shop.example.com/"')


def test_it_asks_for_itself_only_while_something_changes(
    signed_in: Client, app: App
) -> None:
    process = make_process(app, "web", 1)
    assert "hx-trigger" not in running(signed_in)

    process.state = State.STARTING
    process.save()
    assert 'hx-trigger="every 1s"' in running(signed_in)
    process.state = State.CRASHED
    process.save()
    assert 'hx-trigger="every 5s"' in running(signed_in)


def running(client: Client) -> str:
    """Return the tag that the processes stand in."""
    [tag] = re.findall(r'<section [^>]*id="running"[^>]*>', html_of(client))
    return str(tag)


def html_of(client: Client) -> str:
    return client.get(PAGE).content.decode()


def test_asking_again_is_answered_by_news_alone(signed_in: Client, app: App) -> None:
    process = make_process(app, "web", 1, state=State.STARTING)
    url = asked_for(signed_in)

    same = signed_in.get(url, headers=HTMX)
    assert (same.status_code, same.content) == (HTTPStatus.NO_CONTENT, b"")

    process.state = State.UP
    process.save()
    news = signed_in.get(url, headers=HTMX)
    assertTemplateUsed(news, "dashboard/_running.html")
    assertTemplateNotUsed(news, "base.html")
    assertNotContains(news, "hx-trigger")
    assertRedirects(signed_in.get(url), PAGE)


def asked_for(client: Client) -> str:
    html = client.get(PAGE).content.decode()
    found = re.search(r'hx-get="([^"]+/processes/[^"]+)"', html)
    assert found
    return found[1]


@both
def test_scaling_is_done_and_said(
    signed_in: Client, app: App, headers: dict[str, str]
) -> None:
    typed = {"quantity-web": "3", "was-web": "1", "quantity-worker": "0"}

    page = signed_in.post(f"{PAGE}scale/", typed, headers=headers, follow=not headers)

    assertContains(page, "From now on shop runs web: 3, worker: 0.")
    assert formation(app) == {"web": 3, "worker": 0}
    if not headers:
        assertRedirects(page, PAGE)


def test_what_somebody_else_scaled_meanwhile_is_not_scaled_back(
    signed_in: Client, app: App
) -> None:
    scale(app=app, quantities={"worker": "2"}, actor=acting(app.owner))
    typed = {
        "quantity-web": "2",
        "was-web": "1",
        "quantity-worker": "0",
        "was-worker": "0",
    }

    signed_in.post(f"{PAGE}scale/", typed)

    assert formation(app) == {"web": 2, "worker": 2}


@both
def test_what_cannot_be_is_refused_and_stays_typed(
    signed_in: Client, app: App, headers: dict[str, str]
) -> None:
    typed = {"quantity-web": "many", "was-web": "1"}

    page = signed_in.post(f"{PAGE}scale/", typed, headers=headers)

    assertContains(page, "&#x27;many&#x27; is none.", status_code=422)
    assertContains(page, 'value="many"', status_code=422)
    assert formation(app)["web"] == 1


@both
def test_processes_are_restarted_all_or_one(
    signed_in: Client, app: App, headers: dict[str, str]
) -> None:
    first, second = make_process(app, "web", 1), make_process(app, "web", 2)

    page = signed_in.post(
        f"{PAGE}restart/", {"name": "web.2"}, headers=headers, follow=not headers
    )
    assertContains(page, "Restarting web.2.")
    assertContains(page, "to be restarted")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.restart_asked_at, bool(second.restart_asked_at)) == (None, True)

    signed_in.post(f"{PAGE}restart/")
    first.refresh_from_db()
    assert first.restart_asked_at


@pytest.mark.parametrize("action", ["restart/", "stop/"])
def test_nothing_is_done_to_a_process_that_is_gone(
    signed_in: Client, app: App, action: str
) -> None:
    page = signed_in.post(PAGE + action, {"name": "web.9"}, headers=HTMX)

    assertContains(page, "shop runs no process web.9.", status_code=404)


@both
def test_a_command_that_runs_once_is_stopped(
    signed_in: Client, app: App, headers: dict[str, str]
) -> None:
    web, once = make_process(app, "web", 1), make_process(app, "run", 4711)
    assertContains(signed_in.get(PAGE), 'id="stop-run.4711"')

    page = signed_in.post(
        f"{PAGE}stop/", {"name": "run.4711"}, headers=headers, follow=not headers
    )

    assertContains(page, "Stopping run.4711.")
    assertNotContains(page, 'id="stop-run.4711"')
    web.refresh_from_db()
    once.refresh_from_db()
    assert (web.state, once.state) == (State.UP, State.STOPPING)


def test_what_should_run_on_has_no_stop_button(signed_in: Client, app: App) -> None:
    make_process(app, "web", 1)
    make_process(app, "release", 1)

    assertNotContains(signed_in.get(PAGE), f'action="{PAGE}stop/"')


@both
def test_maintenance_is_switched_and_said(
    signed_in: Client, app: App, headers: dict[str, str]
) -> None:
    url = f"{PAGE}maintenance/"

    page = signed_in.post(url, {"on": "on"}, headers=headers, follow=not headers)
    assertContains(page, "Maintenance is on.")
    assertContains(page, "Switch maintenance off")

    set_maintenance(app=app, on=False, actor=acting(app.owner))
    refused = signed_in.post(url, {}, headers=headers)
    assertContains(refused, "Maintenance of shop is off already.", status_code=422)


@both
def test_how_it_is_run_is_saved_or_refused(
    signed_in: Client, app: App, headers: dict[str, str]
) -> None:
    url = f"{PAGE}run-settings/"
    typed = {"ready_path": "/up", "automatic_rollback": "on"}

    page = signed_in.post(url, typed, headers=headers, follow=not headers)

    assertContains(page, "How shop is run is saved.")
    kept = RunSettings.objects.get(app=app)
    assert (kept.ready_path, kept.automatic_rollback) == ("/up", True)
    refused = signed_in.post(url, {"ready_path": "up"}, headers=headers)
    assertContains(refused, "A ready path begins with /", status_code=422)
    assertContains(refused, 'value="up"', status_code=422)


@pytest.mark.parametrize(
    ("permission", "offered"),
    [
        ("view", []),
        ("deploy", []),
        ("operate", ["scale/", "restart/", "stop/", "maintenance/"]),
        ("manage", ["run-settings/"]),
    ],
)
def test_each_is_offered_to_who_may_and_refused_to_others(
    app: App, permission: str, offered: list[str]
) -> None:
    make_process(app, "web", 1)
    make_process(app, "run", 4711)
    client = member(app, permission)
    sent = {"on": "on", "name": "run.4711"}

    page = client.get(PAGE)

    for action in ACTIONS:
        # What runs once is stopped, and is not restarted.
        to_send = {"on": "on"} if action == "restart/" else sent
        if action in offered:
            assertContains(page, f'action="{PAGE}{action}"')
            assert client.post(PAGE + action, to_send).status_code == 302
        else:
            assertNotContains(page, f'action="{PAGE}{action}"')
            refused = client.post(PAGE + action, {**to_send, "quantity-web": "2"})
            assertContains(refused, "may not", status_code=HTTPStatus.FORBIDDEN)
    assert formation(app)["web"] == 1


@pytest.mark.parametrize("path", ["", "processes/", *ACTIONS])
@both
def test_for_a_stranger_the_app_does_not_exist(
    app: App, headers: dict[str, str], path: str
) -> None:
    client = stranger()
    ask = client.post if path in ACTIONS else client.get

    # Without htmx the processes lead to the page, which is not there either.
    page = ask(PAGE + path, headers=headers, follow=True)

    assertContains(
        page, "There is no app called shop that you may see.", status_code=404
    )


def test_pages_are_read_and_actions_are_posted(signed_in: Client, app: App) -> None:
    assert signed_in.post(PAGE).status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert signed_in.post(f"{PAGE}processes/").status_code == 405
    for action in ACTIONS:
        assert signed_in.get(PAGE + action).status_code == 405


def test_a_form_of_another_site_is_refused(app: App, user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)

    page = client.post(f"{PAGE}maintenance/", {"on": "on"})

    assertContains(page, "The form has expired", status_code=HTTPStatus.FORBIDDEN)
    app.refresh_from_db()
    assert not app.maintenance


def test_it_takes_the_same_statements_for_any_number_of_processes(
    signed_in: Client, app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_rollout(app.current_release, Rollout.Step.DONE, live_at=timezone.now())
    for number in range(1, 30):
        make_process(app, "web", number)

    # Session, user, app; the last known good and two it is judged by, and once more by
    # its code, as there is none; add-ons, people, the newest lines; the formation, the
    # processes, the run settings, what is on its way.
    with django_assert_num_queries(13):
        signed_in.get(PAGE)
