"""How long it takes to read what pages show, and to verify everything."""

from collections.abc import Callable
from functools import partial

from releases import queries
from releases.models import App, Release
from releases.timeline import timeline_of
from tests.bench.archives import MB
from tests.bench.bare import BareTransaction
from tests.bench.child import in_child
from tests.bench.fill import LARGE, add_small_apps
from tests.bench.progress import say
from tests.bench.report import Row, against_bare, duration
from tests.bench.timing import interleave

ROUNDS = 200
PAGE = 50
# A page fetches one more than it shows, to know whether there is a next one.
FETCHED = PAGE + 1


def measure_pages() -> list[Row]:
    app = App.objects.get(name=LARGE)
    reads: dict[str, Callable[[], object]] = {
        f"newest {PAGE} activities": partial(_activities, app),
        f"{PAGE} activities from the middle": partial(
            _activities, app, before=app.chain_length // 2
        ),
        f"newest {PAGE} releases, and which are eligible": partial(_releases, app),
        "the last known good release": partial(queries.default_target, app),
    }
    by_hand, *times = interleave(
        BareTransaction(*add_small_apps(1)).step,
        *(lambda _, read=read: read for read in reads.values()),
        rounds=ROUNDS,
    )
    of = f"of an app of {app.last_version:,} releases"
    return [
        against_bare(f"{what} {of}", taken, by_hand)
        for what, taken in zip(reads, times, strict=True)
    ]


def measure_verify() -> list[Row]:
    say("Verifying every app.")
    releases = Release.objects.count()
    [seconds], peak = in_child("verify")
    what = f"verification of {releases:,} releases of {App.objects.count():,} apps"
    rate = f"{releases / seconds:,.0f} releases a second"
    return [
        Row(what, f"{duration([seconds])}, {rate}"),
        Row("its peak memory", f"{peak / MB:.0f} MB"),
    ]


def _activities(app: App, before: int | None = None) -> None:
    timeline_of(app, before=before)


def _releases(app: App) -> None:
    releases = list(queries.release_history(app)[:FETCHED])
    queries.eligible_releases(app, releases[:PAGE])
