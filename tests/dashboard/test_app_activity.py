import re
from html import unescape
from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings
from pytest_django.asserts import (
    assertContains,
    assertNotContains,
    assertTemplateNotUsed,
    assertTemplateUsed,
)
from time_machine import travel

from releases import timeline, timeline_search
from releases.models import App, Mark, User
from releases.operations.give_access import give_access
from releases.operations.hold_deploys import hold_deploys
from releases.operations.mark_release import mark_release
from releases.operations.roll_back import roll_back
from releases.operations.settle_release import settle_release
from tests.dashboard.clients import HTMX, member, stranger
from tests.factories import acting, make_app, make_config, make_deploy, make_user

pytestmark = pytest.mark.django_db
PAGE = "/apps/shop/activity/"


def entry(html: str, anchor: str) -> str:
    """Return the part of a page that is the entry with that anchor."""
    found = re.search(rf'<li class="entry" id="{anchor}".*?</li>\n', html, re.DOTALL)
    assert found, f"no entry {anchor}"
    return found[0]


def test_who_did_what_how_and_when(signed_in: Client, app: App, user: User) -> None:
    make_deploy(app)
    roll_back(app=app, to=3, reason="p95 doubled", actor=acting(user, token_name="ci"))

    html = signed_in.get(PAGE).content.decode()

    line = entry(html, "v7")
    for shown in (
        'data-kind="rollback"',
        'data-state="current"',
        ">v7</a>",
        "Rollback to v3",
        "ada@example.com",
        "CLI, ci",
        "just now",
        "<q>p95 doubled</q>",
        "Undid v4 to v6",
        "Current</span>",
        'hx-target="#dialog">roll back to v6</a>',
    ):
        assert shown in line


def test_a_deploy_that_takes_web_away_is_an_alarm(
    signed_in: Client, app: App, settings: Settings
) -> None:
    settings.ROLLBOOK_RUNTIME = True
    settings.RELEASES_SETTLE_AT_ONCE = False
    make_deploy(app, files={"index.html": ""})
    pending = app.releases.latest("version")

    gone = entry(signed_in.get(PAGE).content.decode(), str(pending))
    settle_release(release=pending, succeeded=False, actor=acting(app.owner))
    failed = entry(signed_in.get(PAGE).content.decode(), str(pending))

    assert 'state-bad">Process type web is gone: nothing answers' in gone
    assert "is gone" not in failed


def test_changed_keys_stand_with_their_signs_and_no_value(
    signed_in: Client, app: App
) -> None:
    html = signed_in.get(PAGE).content.decode()

    line = entry(html, "v5")
    # The style sheet draws the signs, by class.
    assert 'class="key key-mod"><span class="vh">changed</span>COLOR<' in line
    assert 'class="key key-add"><span class="vh">added</span>SIZE<' in line
    assert "s3cret" not in html


def test_what_a_rollback_undid_is_struck_and_bracketed(
    signed_in: Client, app: App, user: User
) -> None:
    roll_back(app=app, to=3, actor=acting(user))

    html = signed_in.get(PAGE).content.decode()

    for version, span in (("v6", "start"), ("v5", "through"), ("v3", "end")):
        assert f'data-span="{span}"' in entry(html, version)
    assert "data-span" not in entry(html, "v2")
    for undone in ("v4", "v5"):
        assert 'data-state="super"' in entry(html, undone)
        assert "<s>" in entry(html, undone)
        assert "Undone by v6" in entry(html, undone)
    assert "Undone" not in entry(html, "v3")


def test_going_forward_again_revives_what_was_undone(
    signed_in: Client, app: App, user: User
) -> None:
    roll_back(app=app, to=3, actor=acting(user))
    roll_back(app=app, to=5, actor=acting(user))

    html = signed_in.get(PAGE).content.decode()

    assert "Undone by v7" in entry(html, "v6")
    for revived in ("v4", "v5"):
        assert "Undone" not in entry(html, revived)


def test_what_no_rollback_touches_says_so_inside_a_bracket(
    signed_in: Client, app: App, user: User
) -> None:
    give_access(app=app, user=make_user(), permissions=["view"], actor=acting(user))
    roll_back(app=app, to=3, actor=acting(user))

    page = signed_in.get(PAGE)

    assertContains(page, "Kept: a rollback does not touch access.")


def test_a_failed_release_says_why_and_cannot_be_gone_to(
    signed_in: Client, app: App, user: User, settings: Settings
) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False
    pending = make_deploy(app)
    line = entry(signed_in.get(PAGE).content.decode(), "v6")
    assert "Pending" in line
    assert "Roll back" not in line

    settle_release(
        release=pending, succeeded=False, message="check exited 1", actor=acting(user)
    )

    line = entry(signed_in.get(PAGE).content.decode(), "v6")
    assert 'data-state="failed"' in line
    assert "check exited 1" in line
    assert "Never went live" in line
    assert "rollback/" not in line


def test_what_runs_already_is_not_offered(
    signed_in: Client, app: App, user: User
) -> None:
    roll_back(app=app, to=2, actor=acting(user))
    html = signed_in.get(PAGE).content.decode()

    newest = App.objects.get(pk=app.pk).current_release
    assert newest.restores
    assert "rollback/" not in entry(html, str(newest.restores))
    assert "Roll back to v3" in entry(html, "v3")


def test_marks_and_holds_are_to_be_seen(
    signed_in: Client, app: App, user: User
) -> None:
    bad, pinned = app.releases.get(version=4), app.releases.get(version=2)
    mark_release(release=bad, kind=Mark.Kind.BAD, reason="500s", actor=acting(user))
    mark_release(release=pinned, kind=Mark.Kind.PIN, actor=acting(user))
    hold_deploys(app=app, reason="incident 42", actor=acting(user))

    html = signed_in.get(PAGE).content.decode()

    assert "Marked bad" in entry(html, "v4")
    # It is not offered; who wants it all the same goes by its own page.
    assert "Roll back to v4" not in entry(html, "v4")
    assert "Roll back to v2" in entry(html, "v2")
    assert "Pinned" in entry(html, "v2")
    assert "Deploys are held by ada@example.com" in html
    assert "incident 42" in html


def test_without_the_permission_there_is_no_button(app: App) -> None:
    assertNotContains(member(app, "view").get(PAGE), "rollback/")
    assertNotContains(member(app, "view", "manage").get(PAGE), "rollback/")
    for permission in ("rollback", "deploy", "operate"):
        page = member(app, permission).get(PAGE)
        assertContains(page, 'href="/apps/shop/releases/v4/rollback/"')


def test_a_release_without_code_is_not_offered_where_code_runs(
    signed_in: Client, app: App
) -> None:
    assertNotContains(signed_in.get(PAGE), "releases/v1/rollback/")


def test_for_a_stranger_the_app_does_not_exist(app: App) -> None:
    page = stranger().get(PAGE)

    assertContains(
        page,
        "There is no app called shop that you may see.",
        status_code=HTTPStatus.NOT_FOUND,
    )


def test_filters_narrow_to_kinds_people_and_days(
    signed_in: Client, app: App, user: User
) -> None:
    roll_back(app=app, to=3, actor=acting(user))

    kinds = signed_in.get(PAGE, {"kind": ["rollback", "config"]}).content.decode()
    people = signed_in.get(PAGE, {"who": "Ada@example.com"}).content.decode()
    later = signed_in.get(PAGE, {"since": "2999-01-01"})

    assert [*re.findall(r'id="(v\d)"', kinds)] == ["v6", "v5", "v3"]
    assert [*re.findall(r'id="(v\d)"', people)] == ["v6", "v1"]
    assertContains(later, "Nothing that was recorded matches these filters.")
    never = signed_in.get(PAGE, {"since": "9999-12-31"})
    assertContains(never, "Nothing that was recorded matches these filters.")
    # With lines left out a bracket would join what does not belong together.
    assert "data-span" not in kinds


def test_words_narrow_to_what_has_them_and_stay_in_the_address(
    signed_in: Client, app: App, user: User
) -> None:
    roll_back(app=app, to=3, reason="Mails were slow.", actor=acting(user))

    found = signed_in.get(PAGE, {"search": "SLOW mails"}).content.decode()
    nothing = signed_in.get(PAGE, {"search": "<nothing>"})

    assert [*re.findall(r'id="(v\d)"', found)] == ["v6"]
    assert 'value="SLOW mails"' in found
    assert f"/apps/{app}/activity/news/?search=SLOW+mails&amp;after=" in found
    assertContains(nothing, "Nothing that was recorded matches these filters.")
    assertNotContains(nothing, "<nothing>")


def test_a_search_goes_on_where_it_stopped_also_if_it_found_nothing(
    signed_in: Client, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (timeline, timeline_search):
        monkeypatch.setattr(module, "SEARCHED", 3)

    page = signed_in.get(PAGE, {"search": "v2"}).content.decode()
    [address] = re.findall(r'href="(\?search=v2[^"]*before=[^"]*)"', page)
    more = signed_in.get(f"{PAGE}{unescape(address)}").content.decode()

    assert "Nothing with these words so far." in page
    assert "Searched back to <time" in page
    assert "Search further back" in page
    assert 'id="v2"' in more
    assert "Search further back" not in more


def shown(page: str) -> list[str]:
    """Return the anchors of the entries on a page."""
    return re.findall(r'<li class="entry" id="([^"]+)"', page)


@pytest.mark.parametrize("who", ["ada", "ADA@", "@example.com ada", "da@ex"])
def test_people_are_found_by_a_part_of_their_e_mail(
    signed_in: Client, app: App, user: User, who: str
) -> None:
    roll_back(app=app, to=3, actor=acting(user))

    page = signed_in.get(PAGE, {"who": who}).content.decode()

    assert shown(page) == ["v6", "v1"]
    assert f'value="{who}"' in page


@pytest.mark.parametrize("page", [PAGE, "/activity/"])
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"who": "zoe"}, "Nobody whose e-mail or name has “zoe” did anything here."),
        ({"who": "<b>"}, "Nobody whose e-mail or name has “&lt;b&gt;” did"),
        ({"since": "yesterday"}, "a filter cannot be read. From: Enter a valid date."),
        ({"until": "2020-13-01"}, "a filter cannot be read. To: Enter a valid date."),
        (
            {"since": "2026-11-26", "until": "2026-11-01"},
            "a filter cannot be read. To: The period ends before it begins.",
        ),
        ({"who": "x" * 255}, "a filter cannot be read. Who: Ensure this value has at"),
        ({"kind": ["deploy", "nonsense"]}, "a filter cannot be read. Kind: Select a"),
    ],
)
def test_a_filter_that_means_nothing_shows_nothing_and_says_why(
    signed_in: Client, app: App, page: str, query: dict[str, str], sentence: str
) -> None:
    answers = [signed_in.get(page, query), signed_in.get(page, query, headers=HTMX)]
    told = signed_in.get(f"{page}news/", {**query, "after": "1"}, headers=HTMX)

    for answer in answers:
        assertContains(answer, sentence)
        assert shown(answer.content.decode()) == []
    assertContains(answers[0], "Show everything")
    assert told.status_code == HTTPStatus.NO_CONTENT


@pytest.mark.parametrize(
    "query",
    [
        "kind=nonsense",
        "search=%00",
        "search=" + 201 * "x",
        "who=nobody",
        "since=yesterday",
        "until=9999-12-31",
        "since=0001-01-01",
        "before=x",
        "before=99999999999999999999999",
        "before=-1",
        "lane=x&day=x",
    ],
)
def test_nonsense_in_the_address_is_no_error(
    signed_in: Client, app: App, query: str
) -> None:
    assert signed_in.get(f"{PAGE}?{query}").status_code == HTTPStatus.OK


def test_a_printout_says_what_of_it_is_of_whom_when_and_for_whom(
    signed_in: Client, app: App
) -> None:
    with travel("2099-01-02T03:04:05Z", tick=False):
        signed_in.force_login(app.owner)
        everything = signed_in.get(PAGE)
        signed_in.cookies["zone"] = "Europe/Berlin"
        query = {
            "kind": ["config", "rollback"],
            "who": "ada@example.com",
            "search": "pool <size>",
            "since": "2025-11-01",
            "until": "2025-11-30",
        }
        some = signed_in.get(PAGE, query)

    assertContains(
        everything,
        '<p class="paper">Activity of shop on testserver, printed by ada@example.com as'
        " of 2 January 2099, 03:04:05 UTC. Everything, newest first.</p>",
    )
    assertContains(
        some,
        "printed by ada@example.com as of 2 January 2099, 04:04:05 CET. Only config and"
        " rollbacks, by ada@example.com, with “pool &lt;size&gt;”, from 1 November 2025,"
        " 00:00:00 CET, until 1 December 2025, 00:00:00 CET, newest first.",
    )


def test_a_printout_says_what_is_above_and_below_it(
    signed_in: Client, app: App
) -> None:
    above, below = "below a page of newer ones.", "Older ones are on the next page."
    assertNotContains(signed_in.get(PAGE), below)
    for number in range(60):
        make_config(app, COLOR=str(number))

    first, last = signed_in.get(PAGE), signed_in.get(PAGE, {"before": "9" * 9})

    assertContains(first, below)
    assertNotContains(first, above)
    assertContains(last, above)


def test_older_entries_go_on_where_the_page_ends(signed_in: Client, app: App) -> None:
    for number in range(60):
        make_config(app, COLOR=str(number))

    first = signed_in.get(PAGE).content.decode()
    found = re.search(r'id="older"><a class="btn" href="([^"]+)"', first)
    assert found
    url = PAGE + found[1].replace("&amp;", "&")
    second = signed_in.get(url, headers=HTMX).content.decode()

    versions = [int(v) for v in re.findall(r'id="v(\d+)"', first + second)]
    assert versions == list(range(65, 0, -1))
    assert 'id="older"' not in second
    assert "day-title" in first
    assert "day-title" not in second


def test_a_bracket_goes_on_on_the_next_page(
    signed_in: Client, app: App, user: User
) -> None:
    for number in range(60):
        make_config(app, COLOR=str(number))
    roll_back(app=app, to=5, actor=acting(user))

    first = signed_in.get(PAGE).content.decode()
    found = re.search(r'id="older"><a class="btn" href="([^"]+)"', first)
    assert found
    second = signed_in.get(PAGE + found[1].replace("&amp;", "&")).content.decode()

    assert 'data-span="through"' in entry(second, "v6")
    assert 'data-span="end"' in entry(second, "v5")
    assert "data-span" not in entry(second, "v4")


def test_htmx_gets_the_timeline_alone(signed_in: Client, app: App) -> None:
    page = signed_in.get(PAGE, headers=HTMX)

    assertTemplateUsed(page, "dashboard/_timeline.html")
    assertTemplateNotUsed(page, "base.html")


def test_a_page_restored_from_history_is_a_whole_one(
    signed_in: Client, app: App
) -> None:
    headers = {**HTMX, "HX-History-Restore-Request": "true"}

    page = signed_in.get(PAGE, headers=headers)

    assertTemplateUsed(page, "base.html")
    assert "HX-Request" in page.headers["Vary"]


def test_a_rollback_just_made_is_told_to_who_made_it_until_something_follows(
    signed_in: Client, app: App, user: User
) -> None:
    roll_back(app=app, to=3, actor=acting(user))

    assertContains(
        signed_in.get(PAGE, {"made": "v6"}), "Rolled back to v3. v6 is live."
    )
    assertContains(signed_in.get(PAGE, {"made": "v6"}), "Undo: roll back to v5")
    assertNotContains(signed_in.get(PAGE, {"made": "v5"}), "Rolled back to")
    assertNotContains(member(app, "view").get(PAGE, {"made": "v6"}), "is live.")
    make_config(app, COLOR="green")
    assertNotContains(signed_in.get(PAGE, {"made": "v6"}), "is live.")


def test_what_people_write_is_text(signed_in: Client, app: App, user: User) -> None:
    roll_back(
        app=app,
        to=3,
        reason="<script>alert(1)</script>",
        incident_url='https://e.example.com/"><script>',
        actor=acting(user),
    )

    page = signed_in.get(PAGE)

    assertNotContains(page, "<script>alert")
    assertNotContains(page, '"><script>')


@pytest.mark.parametrize("query", ["", "?kind=config", "?who=ada@example.com"])
def test_it_takes_the_same_few_statements_for_any_history(
    signed_in: Client,
    app: App,
    user: User,
    django_assert_num_queries: DjangoAssertNumQueries,
    query: str,
) -> None:
    for number in range(55):
        make_config(app, COLOR=str(number))
    roll_back(app=app, to=3, actor=acting(user))

    # Session, user, the app with what one may, the page, the rollbacks over it.
    with django_assert_num_queries(5):
        signed_in.get(f"{PAGE}{query}")
    # And who is meant.
    if not query:
        with django_assert_num_queries(6):
            signed_in.get(f"{PAGE}?who=ada")


def test_days_take_one_statement_more(
    signed_in: Client, app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # Session, user, the app, where the days begin and end, the page, the rollbacks.
    with django_assert_num_queries(6):
        signed_in.get(f"{PAGE}?since=2020-01-01")


def test_an_app_nothing_was_released_to_shows_the_first_steps(
    signed_in: Client, user: User
) -> None:
    make_app("fresh", owner=user)

    page = signed_in.get("/apps/fresh/activity/")

    assertContains(page, "Make the first release")
    assertContains(page, "./manage.py deploy fresh /path/to/your/repository --as ada@e")
    assertContains(page, "./manage.py config fresh LOG_LEVEL=info --as ada@example.com")
    assertContains(page, "Initial release")
