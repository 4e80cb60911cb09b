"""What came to a timeline since a page of it was made.

A page asks every few seconds. A stream of events would hold a thread of the web server
for each page that is open, and there are few; an answer that there is nothing is cheap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import HttpRequest

from dashboard.people import person
from dashboard.times import counted

if TYPE_CHECKING:
    from releases.timeline import Line, Page

Asked = Sequence[tuple[str, str]]
CURSOR_DIGITS = 18


@dataclass(frozen=True)
class News:
    """How a page asks for what came since, and what that was, in words; "" for nothing."""

    ask_url: str = ""
    page_url: str = ""
    show_url: str = ""
    words: str = ""
    were_shown: bool = False
    every: str = "5s"


def cursor_in(request: HttpRequest, name: str) -> int | None:
    """Return the line that an address names, None for one that cannot be."""
    text = request.GET.get(name)
    if not text or len(text) > CURSOR_DIGITS or not (text.isascii() and text.isdigit()):
        return None
    return int(text)


def follow(url: str, asked: Asked, lines: Sequence["Line"], *, shown: bool) -> News:
    """Return how a page with these lines, newest first, asks at `url` from now on."""
    newest = lines[0].pk if lines else 0
    return News(_address(url, asked, after=newest), were_shown=shown)


def follow_list(url: str, asked: Mapping[str, str], seen: str) -> News:
    """Return how a list that goes by the name `seen` asks at `url` whether it changed.

    To find that out is to make the list anew, so it asks less often.
    """
    return News(_address(url, [*asked.items(), ("seen", seen)]), every="15s")


def news_of(
    page: "Page", *, after: int, ask_at: str, show_at: str, asked: Asked
) -> News:
    """Return what there is to tell of lines that came after one."""
    newest = page.activities[0]
    return News(
        ask_url=_address(ask_at, asked, after=after, told=newest.pk),
        page_url=_address(show_at, asked),
        show_url=_address(show_at, asked, new=after),
        words=news_words(page),
    )


def news_words(page: "Page") -> str:
    """Say how much came and what the newest of it is, "" for nothing."""
    if not page.activities:
        return ""
    number, newest = len(page.activities), page.activities[0]
    if page.older:
        return f"More than {counted(number, 'new entry', 'new entries')}"
    entries = counted(number, "new entry", "new entries")
    return f"{entries}: {newest.summary}, by {person(newest.actor_email).name}"


def _address(url: str, asked: Asked, **more: int) -> str:
    query = urlencode([*asked, *more.items()])
    return f"{url}?{query}" if query else url
