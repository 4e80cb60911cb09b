"""An app's history over a period, for auditors: each line with the digests of the chain.

It is read in pieces, so that a long history takes no more memory than a short one. No
config value is in it, for none is in the ledger's lines.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from releases.chain import ActivityFacts, canonical, facts_of
from releases.errors import OperationRefused
from releases.models import Activity, App
from releases.spreadsheets import Cell, csv_lines
from releases.timeline_scans import Sql, Wanted, bounds, rows

PIECE = 500
READ_OF_RELEASES = [
    f"release__{name}"
    for name in (
        "version",
        "status",
        "settled_at",
        "reason",
        "incident_url",
        "scope",
        "digest",
        "slug__commit",
        "restores__version",
    )
]
COLUMNS = (
    "number",
    "time_utc",
    "kind",
    "release",
    "release_status",
    "settled_utc",
    "summary",
    "person",
    "source",
    "token",
    "ip",
    "request_id",
    "commit",
    "restores",
    "scope",
    "reason",
    "incident",
    "detail",
    "release_digest",
    "digest_before",
    "digest",
)


if TYPE_CHECKING:

    class Line(Activity):
        """An activity with the digest that its own follows."""

        digest_before: str

        class Meta:
            abstract = True


def as_csv(
    app: App, *, since: datetime | None = None, until: datetime | None = None
) -> Iterator[str]:
    """Give the history of `app`, which `open_app` gave, as the lines of a CSV file.

    Refuses a period that ends before it begins: nothing in it would look as if nothing
    had happened.
    """
    _refuse_backwards(since, until)
    return csv_lines(COLUMNS, map(_cells, _lines(app, since, until)))


def as_json_lines(
    app: App, *, since: datetime | None = None, until: datetime | None = None
) -> Iterator[str]:
    """Give the history of `app`, which `open_app` gave, as one JSON object a line.

    `activity` is what the digest covers: SHA-256 over the format's name, the digest
    before and the canonical JSON of `activity`, a newline between each two. Refuses what
    `as_csv` refuses.
    """
    _refuse_backwards(since, until)
    return (f"{canonical(_object(line))}\n" for line in _lines(app, since, until))


FORMATS: Mapping[str, Callable[..., Iterator[str]]] = {
    "csv": as_csv,
    "jsonl": as_json_lines,
}


def _refuse_backwards(since: datetime | None, until: datetime | None) -> None:
    if since and until and since >= until:
        raise OperationRefused(
            "The period is empty: it ends before it begins, or as it does.",
            code="invalid",
        )


def _lines(
    app: App, since: datetime | None, until: datetime | None
) -> Iterator["Line"]:
    """Give the lines of a period, `until` exclusive, in the order of the chain."""
    wanted = Wanted(Activity.Topic, since=since, until=until)
    lines = _all_lines(app)
    if since:
        lines = lines.filter(created_at__gte=since)
    if until:
        lines = lines.filter(created_at__lt=until)
    after, last = _numbers(app, wanted)
    while piece := list(lines.filter(sequence__gt=after, sequence__lte=last)[:PIECE]):
        yield from cast("list[Line]", piece)
        after = piece[-1].sequence or last


def _numbers(app: App, wanted: Wanted) -> tuple[int, int]:
    """Return the number below the first line of a period, and that of the last."""
    found = bounds(wanted, app_id=app.pk)
    [(below, above)] = rows(Sql(f"SELECT {found.text}", found.values))

    def number_of(line: int) -> int:
        numbers = app.activities.filter(pk=line).values_list("sequence", flat=True)
        return numbers.first() or 0

    return (
        number_of(below) if below else 0,
        app.chain_length if above is None else number_of(above - 1),
    )


def _all_lines(app: App) -> QuerySet[Activity]:
    before = Activity.objects.filter(
        app=OuterRef("app"), sequence=OuterRef("sequence") - 1
    )
    return (
        app.activities.select_related("release__slug", "release__restores")
        .only(*ActivityFacts._fields, "digest", "release", *READ_OF_RELEASES)
        .annotate(
            digest_before=Coalesce(Subquery(before.values("digest")[:1]), Value(""))
        )
        .order_by("sequence")
    )


def _object(line: "Line") -> Mapping[str, object]:
    release = line.release
    return {
        "activity": {
            **facts_of(line, ActivityFacts)._asdict(),
            "release": release.digest if release else "",
        },
        "digest_before": line.digest_before,
        "digest": line.digest,
        "release": release
        and {
            "version": release.version,
            "status": release.status,
            "settled_at": release.settled_at,
            "commit": release.slug.commit if release.slug else "",
            "restores": release.restores.version if release.restores else None,
            "scope": release.scope,
            "reason": release.reason,
            "incident_url": release.incident_url,
        },
    }


def _cells(line: "Line") -> list[Cell]:
    release = line.release
    slug = release.slug if release else None
    restores = release.restores if release else None
    return [
        line.sequence,
        _utc(line.created_at),
        line.kind,
        str(release or ""),
        release.status if release else "",
        _utc(release.settled_at) if release and release.settled_at else "",
        line.summary,
        line.actor_email,
        line.source,
        line.token_name,
        line.ip,
        line.request_id,
        slug.commit if slug else "",
        str(restores or ""),
        release.scope if release else "",
        release.reason if release else "",
        release.incident_url if release else "",
        json.dumps(line.detail, ensure_ascii=False, sort_keys=True)
        if line.detail
        else "",
        release.digest if release else "",
        line.digest_before,
        line.digest,
    ]


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
