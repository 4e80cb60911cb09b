"""The Logs page of an app: its newest lines, filters, and those that follow."""

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import (
    assertContains,
    assertNotContains,
    assertTemplateNotUsed,
    assertTemplateUsed,
)
from time_machine import travel

from dashboard.log_page import LINES_ADDED, LINES_SHOWN
from releases.models import App
from tests.dashboard.clients import HTMX, member, stranger
from tests.factories import make_process
from tests.log_writing import (
    START,
    add,
    process_log,
    requested,
    router_log,
    stamped,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("log_folders")]
PAGE = "/apps/shop/logs/"
LINE = re.compile(
    r"<li(?: class=\"\w+\")?><time.*?</time> <b>(.*?)</b> <i>(.*?)</i> <span>(.*?)</span>"
)


def lines(client: Client, **asked: str) -> list[str]:
    """Return what is shown of the processes and the router, oldest first."""
    html = client.get(PAGE, asked).content.decode()
    return [text for process, _, text in LINE.findall(html) if process != "api"]


def tail_of(html: str) -> str:
    found = re.search(r'id="log-tail".*?hx-get="([^"]+)"', html)
    assert found
    return found[1].replace("&amp;", "&")


def seconds_ago(seconds: float) -> float:
    """Return that time as the tests of logs count: in seconds from their start."""
    return (timezone.now() - timedelta(seconds=seconds) - START).total_seconds()


def test_the_newest_lines_of_all_stand_in_order_with_process_and_release(
    signed_in: Client, app: App
) -> None:
    long_ago = stamped("long ago", second=-365 * 86_400)
    add(process_log(app, "web.1"), long_ago, stamped("one"), stamped("three", second=2))
    add(router_log(app), requested("/two", second=1))

    page = signed_in.get(PAGE)

    found = LINE.findall(page.content.decode())
    assert [(process, release) for process, release, _ in found][1:4] == [
        ("web.1", "v2"),
        ("router", "v2"),
        ("web.1", "v2"),
    ]
    assert "Initial release by ada@example.com" in str(found)
    assertContains(page, "2025-11-25 19:05:54.000")
    assertNotContains(page, 'hx-trigger="every')


def test_only_so_many_are_shown(signed_in: Client, app: App) -> None:
    add(
        process_log(app, "web.1"),
        *(stamped(f"line {n}", second=seconds_ago(0)) for n in range(LINES_SHOWN + 9)),
    )

    found = lines(signed_in)

    assert len(found) == LINES_SHOWN
    assert found[-1] == f"line {LINES_SHOWN + 8}"


def test_filters_narrow_and_are_the_address(signed_in: Client, app: App) -> None:
    add(process_log(app, "web.1"), stamped("one GET"), stamped("two", version=3))
    add(process_log(app, "worker.1"), stamped("job"))
    add(router_log(app), requested("/", status=503))

    assert lines(signed_in, process="worker.1") == ["job"]
    assert lines(signed_in, process="web", release="v3") == ["two"]
    assert lines(signed_in, release="3") == ["two"]
    assert lines(signed_in, source="app", search="get") == ["one GET"]
    [request] = lines(signed_in, source="router")
    assert "status=503" in request
    page = signed_in.get(PAGE, {"process": "nothing"})
    assertContains(page, "No line of late matches these filters.")
    assertContains(page, 'value="nothing"')


@pytest.mark.parametrize(
    "query",
    [
        "release=x",
        "release=99999999999999999999",
        "source=x",
        "search=%00",
        "after=x",
        "after=99999999999999999-0",
        "after=1-1",
        "process=../../etc/passwd",
        "tail=x",
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_nonsense_in_the_address_is_no_error(
    signed_in: Client, app: App, query: str, headers: dict[str, str]
) -> None:
    page = signed_in.get(f"{PAGE}?{query}", headers=headers)

    assert page.status_code in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}


def test_what_is_printed_is_text(signed_in: Client, app: App) -> None:
    add(process_log(app, "web.1"), stamped("<script>alert(1)</script> \x1b[31m"))

    page = signed_in.get(PAGE)

    assertContains(page, "&lt;script&gt;alert(1)")
    assertNotContains(page, "\x1b")


def test_followed_it_asks_for_what_comes_next_and_shows_each_line_once(
    signed_in: Client, app: App
) -> None:
    # What was done to the app just now is in its log too, and not what this is about.
    with travel(timezone.now() + timedelta(hours=1)):
        log, at = process_log(app, "web.1"), seconds_ago(60)
        add(log, stamped("one", second=at), stamped("two", second=at))
        url = tail_of(signed_in.get(PAGE, {"tail": "on"}).content.decode())
        url = re.sub(r"after=[^&]+", f"after={_cursor(at)}", url)

        nothing = signed_in.get(url, headers=HTMX)
        # Lines of one millisecond, of which some were shown.
        add(log, stamped("three", second=at), stamped("four", second=at + 1))
        more = signed_in.get(url, headers=HTMX)
        last = signed_in.get(tail_of(more.content.decode()), headers=HTMX)

    assert (nothing.status_code, nothing.content) == (HTTPStatus.NO_CONTENT, b"")
    shown = [text for _, _, text in LINE.findall(more.content.decode())]
    assert shown == ["three", "four"]
    assertContains(more, 'hx-swap-oob="beforeend:#lines"')
    assertTemplateNotUsed(more, "base.html")
    assert last.status_code == HTTPStatus.NO_CONTENT


def _cursor(second: float) -> str:
    written = (START + timedelta(seconds=second)).timestamp()
    # Files have milliseconds.
    return f"{int(written * 1000) * 1000}-2"


def test_what_is_too_new_to_be_whole_waits_for_the_next_time(
    signed_in: Client, app: App
) -> None:
    add(process_log(app, "web.1"), stamped("just now", second=seconds_ago(-60)))

    assert lines(signed_in) == ["just now"]
    assert lines(signed_in, tail="on") == []


def test_more_than_can_be_read_is_said_to_be_left_out(
    signed_in: Client, app: App
) -> None:
    log = process_log(app, "web.1")
    add(log, stamped("one", second=seconds_ago(60)))
    url = tail_of(
        signed_in.get(PAGE, {"process": "web.1", "tail": "on"}).content.decode()
    )
    add(
        log,
        *(stamped(str(n), second=seconds_ago(30)) for n in range(LINES_ADDED + 10)),
    )

    more = signed_in.get(url, headers=HTMX)

    assertContains(more, "More lines came than can be shown.")
    assert len(LINE.findall(more.content.decode())) == LINES_ADDED


def test_following_keeps_the_filters(signed_in: Client, app: App) -> None:
    asked = {"process": "web.1", "search": "a&b", "release": "2", "tail": "on"}

    url = tail_of(signed_in.get(PAGE, asked).content.decode())

    assert "process=web.1&release=2&search=a%26b&tail=on&after=" in url


def test_htmx_gets_the_lines_alone(signed_in: Client, app: App) -> None:
    page = signed_in.get(PAGE, {"process": "web"}, headers=HTMX)

    assertTemplateUsed(page, "dashboard/_log.html")
    assertTemplateNotUsed(page, "base.html")


def test_who_may_see_the_app_may_read_its_log_and_a_stranger_not(app: App) -> None:
    assert member(app, "view").get(PAGE).status_code == HTTPStatus.OK
    for headers in ({}, HTMX):
        page = stranger().get(PAGE, headers=headers)
        assertContains(
            page, "There is no app called shop that you may see.", status_code=404
        )


def test_it_is_read_only(signed_in: Client, app: App) -> None:
    assert signed_in.post(PAGE).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_processes_that_run_are_suggested(signed_in: Client, app: App) -> None:
    make_process(app, "run", 4711)

    page = signed_in.get(PAGE)

    for name in ("run.4711", "web", "router", "api"):
        assertContains(page, f'<option value="{name}">')


def test_it_takes_the_same_statements_however_long_the_log_is(
    signed_in: Client, app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(1, 20):
        make_process(app, "web", number)
        add(process_log(app, f"web.{number}"), *([stamped("x")] * 100))

    # Session, user, app; the length of the timeline, who listens where (2), the
    # timeline; the formation and processes, for their names.
    with django_assert_num_queries(9):
        signed_in.get(PAGE)
