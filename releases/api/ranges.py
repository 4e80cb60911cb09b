"""Lists in pages: Heroku's Range header, with a keyset underneath.

`FIELD START..END; max=N, order=desc;` in any of the spellings that clients use (see
test_ranges). What comes after a page is told in Next-Range, in a notation of our own,
`FIELD ]LAST..END`, which clients send back as it is.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from releases.api.errors import ApiError

DEFAULT_MAX, HIGHEST_MAX = 200, 1_000
PATTERN = re.compile(
    r"\s*(?P<field>[a-z_]+)\s*(?P<after>\])?(?P<start>[^\s;.\]]*(?:\.(?!\.)[^\s;.]*)*)"
    r"\.\.(?P<end>[^\s;]*)\s*(?:;(?P<options>.*))?",
    re.DOTALL,
)
Row = TypeVar("Row", bound=Model)
Read = Callable[[str], Any]


@dataclass(frozen=True)
class Field:
    """What a list can be ordered by: its column, and how a bound is read from text.

    Values are unique within the list, or a page would lose those on its edge.
    """

    column: str
    read: Read


@dataclass(frozen=True)
class Range:
    """A page that is asked for; `after` leaves `start` itself out."""

    field: str
    start: str = ""
    end: str = ""
    after: bool = False
    most: int = DEFAULT_MAX
    descending: bool = False


@dataclass(frozen=True)
class Page:
    """Rows of a list with the headers that say where they stand, and what is left."""

    rows: Sequence[Any]
    headers: Mapping[str, str]
    is_partial: bool

    @property
    def status(self) -> HTTPStatus:
        return HTTPStatus.PARTIAL_CONTENT if self.is_partial else HTTPStatus.OK


def parse(header: str | None, *, default: str) -> Range:
    """Read a Range header; none, or an empty one, asks for the first page."""
    if header is None or not header.strip():
        return Range(default)
    match = PATTERN.fullmatch(header)
    if match is None:
        raise _not_satisfiable(f"{header[:60]!r} is no range.")
    most, order = DEFAULT_MAX, "asc"
    for option in re.split(r"[,;]", match["options"] or ""):
        name, _, value = (part.strip() for part in option.partition("="))
        if name == "max" and value.isascii() and value.isdigit():
            # No page has that many; and a longer number may be too long to read.
            most = int(value[: len(str(HIGHEST_MAX)) + 1])
        elif name == "order" and value in {"asc", "desc"}:
            order = value
        elif name or value:
            raise _not_satisfiable(f"{option.strip()[:60]!r} is no part of a range.")
    if not 1 <= most <= HIGHEST_MAX:
        raise _not_satisfiable(f"A page has from 1 to {HIGHEST_MAX:,} entries.")
    return Range(
        match["field"],
        match["start"],
        match["end"],
        after=bool(match["after"]),
        most=most,
        descending=order == "desc",
    )


def page_of(
    rows: "QuerySet[Row]",
    header: str | None,
    *,
    fields: Mapping[str, Field],
    default: str = "id",
) -> Page:
    """Return the page of `rows` that a Range header asks for; one more row is read."""
    asked = parse(header, default=default)
    field = fields.get(asked.field)
    if field is None:
        raise _not_satisfiable(
            f"This list has no range by {asked.field[:40]!r}; there are"
            f" {', '.join(sorted(fields))}."
        )
    found = list(_within(rows, asked, field)[: asked.most + 1])
    shown = found[: asked.most]
    headers = {"Accept-Ranges": ", ".join(sorted(fields))}
    is_partial = len(found) > len(shown)
    if shown:
        first, last = _value(shown[0], field), _value(shown[-1], field)
        headers["Content-Range"] = f"{asked.field} {first}..{last}"
        if is_partial:
            order = ", order=desc" if asked.descending else ""
            headers["Next-Range"] = (
                f"{asked.field} ]{last}..{asked.end}; max={asked.most}{order}"
            )
    return Page(shown, headers, is_partial)


def _within(rows: "QuerySet[Row]", asked: Range, field: Field) -> "QuerySet[Row]":
    column = field.column
    # START..END names a span from low to high, in whichever order it is read; what
    # comes after a page goes on in the order.
    if asked.start:
        low = _read(field, asked.start)
        if asked.after:
            rows = rows.filter(
                **{f"{column}__{'lt' if asked.descending else 'gt'}": low}
            )
        else:
            rows = rows.filter(**{f"{column}__gte": low})
    if asked.end:
        rows = rows.filter(**{f"{column}__lte": _read(field, asked.end)})
    return rows.order_by(f"-{column}" if asked.descending else column)


def _read(field: Field, text: str) -> Any:
    try:
        return field.read(text)
    except (ValueError, OverflowError):
        raise _not_satisfiable(
            f"{text[:60]!r} cannot be a bound of this range."
        ) from None


def _value(row: Model, field: Field) -> object:
    value: object = row
    for part in field.column.split("__"):
        value = getattr(value, part)
    return value


def _not_satisfiable(message: str) -> ApiError:
    return ApiError(
        HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
        "requested_range_not_satisfiable",
        message,
    )
