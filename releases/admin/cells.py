"""What stands in the admin's cells: links, times, keys. All of it is escaped."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from django.db.models import Model
from django.template.defaultfilters import date
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from releases.actors import who
from releases.config import ConfigChange, KeyChange
from releases.models import App, Release, User

NAMES_SHOWN = 4
TEXT_SHOWN = 80
# A sign and a word: neither colour nor the sign alone says what happened.
SIGNS = {
    KeyChange.ADDED: "+",
    KeyChange.CHANGED: "~",
    KeyChange.REMOVED: "\N{MINUS SIGN}",
    KeyChange.KEPT: "=",
}
Cell = SafeString | str


def page_url(row: Model, page: str = "change") -> str:
    return reverse(f"admin:releases_{row._meta.model_name}_{page}", args=[row.pk])


def list_url(model: type[Model], **query: object) -> str:
    address = reverse(f"admin:releases_{model._meta.model_name}_changelist")
    return f"{address}?{urlencode(query)}" if query else address


def add_url(model: type[Model], **query: object) -> str:
    address = reverse(f"admin:releases_{model._meta.model_name}_add")
    return f"{address}?{urlencode(query)}" if query else address


def list_of_app_url(model: type[Model], app: App, narrowed: str = "") -> str:
    """Return the list of one app: by its name, or by its id where the name is free."""
    if app.deleted_at is None:
        return list_url(model, q=f"{app} {narrowed}".strip())
    query = {"app__id__exact": app.pk, **({"q": narrowed} if narrowed else {})}
    return list_url(model, **query)


def anchor(url: str, text: object) -> SafeString:
    return format_html('<a href="{}">{}</a>', url, text)


def link(row: Model | None, text: object = "") -> Cell:
    """Return a link to the page of `row`; nothing for None."""
    return "" if row is None else anchor(page_url(row), text or row)


def person(user: User | None, email: str = "") -> Cell:
    """Return a link to who did it, by the e-mail they had then."""
    return "" if user is None else link(user, who(email or user.email))


def code(text: object) -> Cell:
    return format_html("<code>{}</code>", text) if text else ""


def masked() -> SafeString:
    """Stand for any value at all: always the same, whatever its length."""
    return format_html(
        '<span class="masked" aria-hidden="true">{}</span>'
        '<span class="visually-hidden">masked</span>',
        "\N{BULLET}" * 8,
    )


def shortened(text: str) -> str:
    """Return as much of a sentence as a row of a list has room for."""
    return text if len(text) <= TEXT_SHOWN else f"{text[: TEXT_SHOWN - 1]}…"


def outside(url: str) -> Cell:
    """Return a link to an address that a person gave, if it is one of the web."""
    if urlsplit(url).scheme not in {"http", "https"}:
        return url
    return format_html('<a href="{}" rel="noopener noreferrer">{}</a>', url, url)


def moment(time: datetime | None) -> Cell:
    if time is None:
        return ""
    return format_html(
        '<time datetime="{}">{}</time>', time.isoformat(), date(time, "Y-m-d H:i:s e")
    )


def minute(time: datetime | None) -> Cell:
    """Return a time as short as the rows of a list have room for."""
    if time is None:
        return ""
    return format_html(
        '<time datetime="{}">{}</time>', time.isoformat(), date(time, "Y-m-d H:i")
    )


def tag(word: str, kind: str = "") -> SafeString:
    return format_html('<span class="tag {}">{}</span>', kind, word)


def release_tags(release: Release, app: App) -> list[SafeString]:
    """Return how a release stands: current, or anything else than just succeeded."""
    tags = []
    if release.pk == app.current_release_id:
        tags.append(tag("Current", "tag-ink"))
    if release.status != Release.Status.SUCCEEDED:
        kind = "tag-bad" if release.status == Release.Status.FAILED else ""
        tags.append(tag(release.get_status_display(), kind))
    return tags


def joined(cells: Iterable[Cell], separator: str = ", ") -> SafeString:
    return format_html_join(separator, "{}", ((cell,) for cell in cells))


def key(change: ConfigChange) -> SafeString:
    return format_html(
        '<span class="key key-{}"><span aria-hidden="true">{}</span>'
        '<span class="visually-hidden">{}</span> <code>{}</code></span>',
        change.change.value,
        SIGNS[change.change],
        change.change.value,
        change.name,
    )


def keys(changes: Sequence[ConfigChange]) -> SafeString:
    """Return the first few keys that changed, and how many more there are."""
    more = len(changes) - NAMES_SHOWN
    shown = joined(key(change) for change in changes[:NAMES_SHOWN])
    return format_html("{} and {} more", shown, f"{more:,}") if more > 0 else shown
