"""How long it takes to read what pages show, and to verify everything."""

from collections.abc import Callable, Mapping
from functools import partial

from releases import queries
from releases.actors import Actor
from releases.models import Activity, App, Release, Source, User
from releases.timeline import (
    PAGE,
    Filter,
    cursor_at,
    timeline_of,
    timeline_over_apps,
)
from releases.undone import undone_by
from releases.way_back import default_target
from tests.bench.archives import MB
from tests.bench.bare import BareTransaction
from tests.bench.child import in_child
from tests.bench.fill import LARGE, OF_ALL, OF_FEW, OF_MANY, PEOPLE, add_apps
from tests.bench.progress import say
from tests.bench.report import Row, against_bare, duration
from tests.bench.timing import interleave

ROUNDS = 200
# A page fetches one more than it shows, to know whether there is a next one.
FETCHED = PAGE + 1
Read = Callable[[], object]


def measure_pages() -> list[Row]:
    app = App.objects.get(name=LARGE)
    reads = {
        **_of_an_app(app),
        **_over_apps(),
        f"newest {PAGE} releases of {app}, and which are eligible": partial(
            _releases, app
        ),
        f"the last known good release of {app}": partial(default_target, app),
    }
    by_hand, *times = interleave(
        BareTransaction(*add_apps(1)).step,
        *(lambda _, read=read: read for read in reads.values()),
        rounds=ROUNDS,
    )
    return [
        Row(f"{app}", f"{app.last_version:,} releases"),
        *(
            against_bare(what, taken, by_hand)
            for what, taken in zip(reads, times, strict=True)
        ),
    ]


def _of_an_app(app: App) -> Mapping[str, Read]:
    middle = cursor_at(app, app.chain_length // 2)
    rare = Filter(topics=frozenset({Activity.Topic.ACCESS}))
    person = Filter(person=PEOPLE[-1])
    page = timeline_of(app, before=middle)
    days = Filter(
        since=page.activities[-1].created_at, until=page.activities[0].created_at
    )
    of = f"of {app}"
    return {
        f"newest {PAGE} activities {of}": partial(timeline_of, app),
        f"{PAGE} from the middle {of}": partial(timeline_of, app, before=middle),
        f"those of a topic that is rare {of}": partial(timeline_of, app, only=rare),
        f"{PAGE} by a person {of}": partial(timeline_of, app, only=person),
        f"{PAGE} by a person from the middle {of}": partial(
            timeline_of, app, only=person, before=middle
        ),
        f"those of some days {of}": partial(timeline_of, app, only=days),
        f"which of {PAGE} are undone {of}": partial(undone_by, page.activities),
    }


def _over_apps() -> Mapping[str, Read]:
    reads: dict[str, Read] = {}
    for email in (OF_FEW, OF_MANY, OF_ALL):
        actor = Actor(user=User.objects.get(email=email), source=Source.WEB)
        newest = timeline_over_apps(actor).activities
        oldest = newest[-1].pk
        apps = f"over {queries.visible_apps(actor).count():,} apps"
        reads |= {
            f"newest {PAGE} activities {apps}": partial(timeline_over_apps, actor),
            f"{PAGE} from the middle {apps}": partial(
                timeline_over_apps, actor, before=oldest // 2
            ),
            f"{PAGE} by a person {apps}": partial(
                timeline_over_apps, actor, only=Filter(person=PEOPLE[-1])
            ),
        }
    return reads


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


def _releases(app: App) -> None:
    releases = list(queries.release_history(app)[:FETCHED])
    queries.eligible_releases(app, releases[:PAGE])
