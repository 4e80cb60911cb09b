"""An app's history as lines of a log, as Heroku's clients print them."""

from collections.abc import Iterable, Iterator

from releases.api.objects import iso
from releases.models import Activity, App

LINES_LIMIT = 1_500


def lines_of_app(
    app: App, *, newest: int = 0, after: int | None = None
) -> tuple[int, list[str]]:
    """Return the sequence of the last line, and the lines, oldest first.

    These are the `newest` ones, or all that came after a sequence, bounded.
    """
    activities = app.activities.order_by("-sequence")
    if after is not None:
        activities = activities.filter(sequence__gt=after)
    limit = LINES_LIMIT if after is not None else max(1, min(newest, LINES_LIMIT))
    found = list(activities[:limit])
    last = found[0].sequence or 0 if found else after or 0
    return last, [_line(activity) for activity in reversed(found)]


def as_events(lines: Iterable[str]) -> Iterator[str]:
    """Write lines as Server-Sent Events; an empty one only keeps the line open."""
    for line in lines:
        yield f"data: {line}\n\n" if line else ":\n\n"


def as_text(lines: Iterable[str]) -> Iterator[str]:
    return (f"{line}\n" for line in lines if line)


def _line(activity: Activity) -> str:
    summary = " ".join(activity.summary.split())
    return f"{iso(activity.created_at)} app[api]: {summary} by {activity.actor_email}"
