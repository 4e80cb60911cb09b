"""How a release goes live, as pages show it: while it does, and afterwards."""

import re
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from pytest_django.asserts import (
    assertContains,
    assertNotContains,
    assertRedirects,
    assertTemplateNotUsed,
)

from dashboard.app_page import ran_words
from releases.actors import Actor
from releases.models import App, Release, Rollout, Slug, Source, User
from releases.operations.release_output import append_output
from releases.operations.roll_back import roll_back
from releases.operations.settle_release import settle_release
from tests.dashboard.clients import HTMX, member, stranger
from tests.factories import make_config, make_deploy, make_process, make_rollout
from tests.releases.operations.background import in_the_background

pytestmark = pytest.mark.django_db
OVERVIEW, ACTIVITY = "/apps/shop/", "/apps/shop/activity/"
RELEASE, WAY = "/apps/shop/releases/v6/", "/apps/shop/releases/v6/way/"
Step = Rollout.Step


@pytest.fixture
def pending(app: App, settings: Settings) -> Release:
    """v6, a deploy that waits for the runtime; v5 runs."""
    settings.ROLLBOOK_RUNTIME = True
    settings.RELEASES_SETTLE_AT_ONCE = False
    return make_deploy(app)


def going_back(app: App, user: User) -> Release:
    """Return v7, which goes back to v4 and ends what was pending."""
    actor = Actor(user=user, source=Source.WEB)
    return roll_back(app=app, to=4, actor=actor)


def move(release: Release, step: Rollout.Step, **more: object) -> None:
    Rollout.objects.filter(release=release).delete()
    make_rollout(release, step, **more)


def settle(release: Release, message: str = "") -> Release:
    return settle_release(
        release=release,
        succeeded=not message,
        message=message,
        actor=Actor.system(),
    )


def go_live(release: Release, *, after: float, warm: bool = False) -> None:
    """Let a release be live so many seconds after it was made, whenever that was."""
    settle(release)
    at = release.created_at + timedelta(seconds=after)
    move(release, Step.DONE, live_at=at, answered_at=at, was_warm=warm)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def said(client: Client, url: str) -> str:
    html = client.get(url).content.decode()
    return words(html.partition("<main")[2])


@pytest.mark.parametrize("url", [OVERVIEW, ACTIVITY, RELEASE])
def test_while_it_is_on_its_way_the_steps_are_on_each_page(
    signed_in: Client, pending: Release, url: str
) -> None:
    assert "v6 is on its way: Deploy" in said(signed_in, url)
    assert "It waits for what runs the apps." in said(signed_in, url)

    move(pending, Step.STARTING)

    text = said(signed_in, url)
    assert "Waiting for the runtime , done" in text
    assert "traffic goes where it went until they answer." in text
    assert "Switching traffic , to come" in text
    assertContains(signed_in.get(url), 'hx-trigger="every 1s"')
    assertContains(signed_in.get(url), 'aria-current="step"')


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("url", [OVERVIEW, ACTIVITY, RELEASE, WAY])
def test_what_goes_live_while_a_page_is_made_is_on_all_of_it_or_on_none(
    signed_in: Client, pending: Release, url: str
) -> None:
    gone: list[Release] = []

    def meanwhile(execute: Callable[..., object], sql: str, *more: object) -> object:
        found = execute(sql, *more)
        if 'FROM "releases_app"' in sql and not gone:
            gone.append(pending)
            in_the_background(lambda: go_live(pending, after=0.1)).result()
        return found

    with connection.execute_wrapper(meanwhile):
        asked = {"made": "v6", "at": "activity"}
        page = signed_in.get(url, asked, headers=HTMX if url == WAY else {})

    assert gone
    assertContains(page, "v6 is on its way")
    assertContains(page, 'hx-trigger="every 1s"')
    assertNotContains(page, "does not run any more")


def test_what_its_release_phase_prints_comes_as_it_is_printed(
    signed_in: Client, pending: Release
) -> None:
    move(pending, Step.RELEASE_PHASE)
    append_output(release=pending, lines=["Applying 0002... OK", "<b>done</b>"])

    page = signed_in.get(OVERVIEW)

    assertContains(page, "Running the release phase")
    assertContains(page, "Applying 0002... OK\n&lt;b&gt;done&lt;/b&gt;")


def test_asking_again_is_answered_by_news_alone(
    signed_in: Client, pending: Release
) -> None:
    seen = {"seen": "waiting.0", "at": "overview"}
    same = signed_in.get(WAY, seen, headers=HTMX)
    assert (same.status_code, same.content) == (HTTPStatus.NO_CONTENT, b"")

    move(pending, Step.RELEASE_PHASE)
    news = signed_in.get(WAY, seen, headers=HTMX)
    assertTemplateNotUsed(news, "base.html")
    assertContains(news, 'id="way-said" hx-swap-oob="innerHTML"')
    assertNotContains(news, 'id="now"')

    # A line more is shown, and is not read out: that would never end.
    append_output(release=pending, lines=["one"])
    more = signed_in.get(WAY, {"seen": "release_phase.0"}, headers=HTMX)
    assertContains(more, "one")
    assertNotContains(more, "way-said")


@pytest.mark.parametrize(
    ("at", "renewed"),
    [
        ("overview", ['id="now"']),
        ("activity", ['id="now"', f'hx-get="{ACTIVITY}"']),
        ("release", [f'hx-get="{RELEASE}"']),
        ("", ['id="now"']),
    ],
)
def test_once_it_is_over_the_rest_of_the_page_follows_and_asking_ends(
    signed_in: Client, pending: Release, at: str, renewed: list[str]
) -> None:
    go_live(pending, after=1.9)

    page = signed_in.get(WAY, {"seen": "starting.0", "at": at}, headers=HTMX)

    assertContains(page, "Live 1.9 s after it was made, started anew.")
    assertNotContains(page, "every 1s")
    for part in renewed:
        assertContains(page, part)
    assert len(re.findall('id="now"|hx-trigger="load"', page.content.decode())) == len(
        renewed
    )


def test_the_rest_of_the_page_follows_as_soon_as_it_is_live(
    signed_in: Client, pending: Release
) -> None:
    asked = {"seen": "starting.0", "at": "activity"}
    settle(pending)
    move(pending, Step.SWITCHING, live_at=timezone.now())

    page = signed_in.get(WAY, asked, headers=HTMX)
    assertContains(page, 'id="now" aria-labelledby="now-title" hx-swap-oob="true"')
    assertContains(page, f'hx-get="{ACTIVITY}"')
    [seen] = re.findall(r"seen=([\w.-]+)", page.content.decode())

    # Once is enough, until it is over.
    move(pending, Step.DRAINING, live_at=timezone.now())
    page = signed_in.get(WAY, {"seen": seen, "at": "activity"}, headers=HTMX)
    assertContains(page, "Stopping what ran before")
    assertNotContains(page, 'id="now"')
    assertNotContains(page, f'hx-get="{ACTIVITY}"')


def test_nothing_is_said_to_start_where_nothing_did(
    signed_in: Client, pending: Release
) -> None:
    settle(pending)
    at = pending.created_at + timedelta(seconds=0.2)
    move(pending, Step.DONE, live_at=at)

    text = said(signed_in, RELEASE)

    assert "Live 200 ms after it was made." in text
    assert "Starting processes" not in text


@pytest.mark.parametrize(
    ("failed_in", "reached"),
    [
        (Step.WAITING, ["Waiting for the runtime , failed"]),
        (
            Step.RELEASE_PHASE,
            ["Waiting for the runtime , done", "Running the release phase , failed"],
        ),
        (
            Step.STARTING,
            ["Waiting for the runtime , done", "Starting processes , failed"],
        ),
        # As it was noted once: in which step is not known.
        (Step.FAILED, ["Waiting for the runtime , done"]),
    ],
)
def test_a_failure_names_the_step_that_it_happened_in(
    signed_in: Client, pending: Release, failed_in: Step, reached: list[str]
) -> None:
    move(pending, failed_in)
    settle(pending, "It did not work.")

    page = signed_in.get(RELEASE).content.decode()

    [steps] = re.findall(r'<ol class="way">.*?</ol>', page, re.DOTALL)
    named = re.findall(r"<li.*?<span>(.*?)</span>(?:<time|</li)", steps)
    assert [words(each).strip() for each in named] == [*reached, "Failed"]


def test_a_failure_says_why_and_what_runs(signed_in: Client, pending: Release) -> None:
    move(pending, Step.STARTING)
    settle(pending, "web.1 exited with 1 before it was ready.\nKeyError: 'COLOR'")

    page = signed_in.get(WAY, {"seen": "starting.0"}, headers=HTMX)

    text = words(page.content.decode())
    assert "v6 failed and never went live" in text
    assert "What ran before runs on." in text
    assert "web.1 exited with 1 before it was ready. KeyError:" in text
    assert "Switching traffic" not in text
    assertNotContains(page, "Running the release phase")
    assert "v6 failed and never went live" in said(signed_in, RELEASE)


def test_a_rollback_is_told_to_who_made_it_with_how_long_it_took(
    signed_in: Client, app: App, user: User, pending: Release
) -> None:
    made = going_back(app, user)
    url = f"{ACTIVITY}?made=v7"
    assert "Going back to v4: v7 is on its way" in said(signed_in, url)
    assertNotContains(signed_in.get(url), "Undo:")

    make_process(app, "web", 1, release=made)
    go_live(made, after=0.084, warm=True)

    text = said(signed_in, url)
    assert "Rolled back to v4 in 84 ms. v7 is live." in text
    assert "Live 84 ms after the click, by processes that were waiting." in text
    assert "It runs commit" in text
    assert "Undo: roll back to v5" in text
    news = signed_in.get(WAY.replace("v6", "v7"), headers=HTMX)
    assertContains(news, "v7 is live. Live 84 ms after the click")
    assert "Undid v5 and v6. Live after 84 ms" in text
    assert "Starting processes" not in text
    # Others, and who comes later, see it in the timeline alone.
    assert "Rolled back to v4" not in said(signed_in, ACTIVITY)
    assert "Undo: roll" not in said(member(app, "rollback"), url)


@pytest.mark.parametrize(
    ("commit", "said"),
    [
        ("a" * 40, "It runs commit aaaaaaa with the config vars of v2."),
        ("", "It runs the code and the config vars of v2."),
    ],
)
def test_what_a_rollback_runs_is_named_by_its_commit_if_it_has_one(
    commit: str, said: str
) -> None:
    made = Release(
        slug=Slug(commit=commit),
        restores=Release(version=2),
        scope=Release.Scope.EVERYTHING,
    )

    assert ran_words(made).startswith(said)


def test_it_is_no_rollback_in_so_many_milliseconds_before_it_answers(
    signed_in: Client, app: App, user: User, pending: Release
) -> None:
    made = going_back(app, user)
    settle(made)
    move(made, Step.SWITCHING, live_at=timezone.now(), was_warm=True)

    text = said(signed_in, f"{ACTIVITY}?made=v7")

    assert "v7 has the traffic, and no good answer came from it yet" in text
    assert "Rolled back to v4 in" not in text
    assert "Live after" not in text


def test_what_answers_nothing_but_errors_is_told_to_everybody_as_long_as_it_runs(
    signed_in: Client, app: App, user: User, pending: Release
) -> None:
    made = going_back(app, user)
    settle(made)
    make_process(app, "web", 1, release=made)
    move(made, Step.UNANSWERED, live_at=timezone.now(), was_warm=True)

    for page in (f"{ACTIVITY}?made=v7", ACTIVITY, RELEASE.replace("v6", "v7")):
        text = said(signed_in, page)
        assert "v7 has the traffic, and no good answer came from it It was" in text
        assert "Switching traffic , done" in text
        assert "No good answer , failed" in text
        assert "Live , done" not in text
        assert "Live after" not in text
        assertContains(signed_in.get(page), 'class="notice notice-bad"')
        assertNotContains(signed_in.get(page), "every 1s")
    assert "Undo: roll back to v5" in said(signed_in, ACTIVITY)
    go_live(make_deploy(app), after=0.2)
    assert "no good answer" not in said(signed_in, ACTIVITY)


def test_what_was_superseded_moves_no_more(
    signed_in: Client, app: App, user: User, pending: Release
) -> None:
    move(pending, Step.STARTING)
    going_back(app, user)

    page = signed_in.get(WAY, {"seen": "starting.0"}, headers=HTMX)

    assertContains(page, "v6 failed and never went live")
    assertContains(page, "Superseded by a rollback of ada@example.com")
    assertNotContains(page, "every 1s")


def test_the_timeline_says_at_which_step_it_is(
    signed_in: Client, pending: Release
) -> None:
    move(pending, Step.STARTING)
    assertContains(signed_in.get(ACTIVITY), '<span class="tag">Starting processes<')
    assertContains(signed_in.get("/activity/"), '<span class="tag">Starting processes<')


def test_the_page_of_a_release_keeps_how_it_went_live(
    signed_in: Client, app: App, pending: Release
) -> None:
    append_output(release=pending, lines=["Applying 0002... OK"])
    go_live(pending, after=2.5)
    settle(make_config(app, COLOR="green"))

    text = said(signed_in, RELEASE)

    assert "How it went live Live 2.5 s after it was made, started anew." in text
    assert "Applying 0002... OK" in text
    assertNotContains(signed_in.get(RELEASE), "hx-trigger")


def test_what_settled_as_it_was_made_went_no_way(signed_in: Client, app: App) -> None:
    assert "How it went live" not in said(signed_in, "/apps/shop/releases/v5/")


def test_what_was_settled_by_hand_is_over(signed_in: Client, pending: Release) -> None:
    settle(pending)

    page = signed_in.get(WAY, {"seen": "waiting.0"}, headers=HTMX)

    assertContains(page, "v6 is live")
    assertNotContains(page, "every 1s")


def test_what_failed_before_the_runtime_saw_it_says_why(
    signed_in: Client, pending: Release
) -> None:
    settle(pending, "Canceled by ada@example.com.")

    page = signed_in.get(WAY, {"seen": "waiting.0"}, headers=HTMX)

    assertContains(page, "v6 failed and never went live")
    assertContains(page, "Canceled by ada@example.com.")
    assert "v6 failed and never went live" in said(signed_in, RELEASE)


def test_without_htmx_it_leads_to_the_page_of_the_release(
    signed_in: Client, pending: Release
) -> None:
    assertRedirects(signed_in.get(WAY), RELEASE)
    assert signed_in.post(WAY).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_for_a_stranger_the_app_does_not_exist(pending: Release) -> None:
    page = stranger().get(WAY, headers=HTMX)

    assertContains(
        page, "There is no app called shop that you may see.", status_code=404
    )


def test_it_takes_few_statements_to_ask_however_much_was_printed(
    signed_in: Client,
    app: App,
    pending: Release,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    append_output(release=pending, lines=[str(number) for number in range(300)])
    move(pending, Step.RELEASE_PHASE)

    # Session, user, app, release, its last lines, when its steps began (2).
    with django_assert_num_queries(7):
        signed_in.get(WAY, {"seen": "release_phase.300"}, headers=HTMX)


def test_the_timeline_takes_three_statements_more_where_apps_run(
    signed_in: Client,
    app: App,
    settings: Settings,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    settings.ROLLBOOK_RUNTIME = True

    # As in test_app_activity, and: what is on its way, the formation, the processes.
    with django_assert_num_queries(8):
        signed_in.get(ACTIVITY)


def test_a_rollback_of_somebody_else_is_told_as_theirs(
    app: App, user: User, pending: Release
) -> None:
    going_back(app, user)

    assert "v7 is on its way: Rollback to v4" in said(member(app, "view"), ACTIVITY)
