"""What the page of the insights shows, and what their CSV holds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.charts import short
from dashboard.insight_figures import NOTHING, figures_of
from dashboard.people import person
from dashboard.times import Moment, date_words, moment
from releases.insights import Insights, Restored, Span
from releases.spreadsheets import Cell

CSV_COLUMNS = (
    "week_of",
    "deploys",
    "undone_or_marked_bad",
    "change_failure_rate",
    "failed_to_go_live",
    "rollbacks",
    "repairs",
    "median_seconds_to_restore",
)


@dataclass(frozen=True)
class RollbackRow:
    app: str
    version: int
    restored: int
    reason: str
    who: str
    at: Moment
    took: str


def insights_words(found: Insights, now: datetime) -> dict[str, Any]:
    """Return what the page of some insights shows."""
    weeks = found.now.weeks
    return {
        "figures": figures_of(found),
        "period": f"{date_words(weeks[0].starts)} to {date_words(now)}",
        "is_empty": not (found.now.deploys or found.now.rollbacks),
        "rollbacks": [_row(each, now) for each in found.latest],
        "more_rollbacks": found.now.rollbacks > len(found.latest),
    }


def csv_rows(found: Insights) -> Iterator[Sequence[Cell]]:
    for week in found.now.weeks:
        span = Span([week])
        took = span.time_to_restore
        yield (
            week.starts.isoformat(),
            week.deploys,
            week.regretted,
            None if span.failure_rate is None else round(span.failure_rate, 4),
            week.never_live,
            week.rollbacks,
            len(week.restores),
            None if took is None else round(took.total_seconds()),
        )


def _row(restored: Restored, now: datetime) -> RollbackRow:
    release = restored.release
    return RollbackRow(
        app=release.app.name,
        version=release.version,
        restored=release.restores.version if release.restores else 0,
        reason=release.reason,
        who=person(release.actor_email).name,
        at=moment(release.created_at, now),
        took=NOTHING if restored.took is None else short(restored.took),
    )
