"""How long plans take between large slugs, and how long taking in a slug does."""

import io
import shutil
import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from releases.actors import Actor
from releases.models import App
from releases.operations.create_app import create_app
from releases.operations.deploy import deploy
from releases.operations.receive_slug import receive_slug
from tests.bench.archives import MB, archive_of_small_files, kept_archive
from tests.bench.bare import BareTransaction
from tests.bench.child import in_child
from tests.bench.fill import add_apps
from tests.bench.progress import say
from tests.bench.report import Row, Target, against_bare, at_most, duration
from tests.bench.timing import interleave, ratio, timed

PLAN_APP, SLUG_APP = "plan-of-many-files", "slugs-received"
FILES = 30_000
PLAN_ROUNDS = 5
# The compressed size of each archive, and how often it is taken in.
ARCHIVES = ((20 * MB, 7), (500 * MB, 3))
BY_HAND = "sha256sum plus gzip -d"
TIMES_BY_HAND = 2.0
PEAK = 150 * MB


def measure_plan() -> list[Row]:
    app = _app_with_large_slugs()
    bare = BareTransaction(*add_apps(1))
    first: list[float] = []
    warm: list[float] = []
    by_hand: list[float] = []
    for _ in range(PLAN_ROUNDS):
        by_hand += [statistics.median(interleave(bare.step, rounds=20)[0])]
        taken = in_child("plan", app.name, str(app.last_version - 1)).seconds
        first.append(taken[0])
        warm.append(statistics.median(taken[1:]))
    what = f"plan between two slugs of {FILES:,} files, 1 % changed"
    return [
        against_bare(f"{what}: a process's first", first, by_hand),
        against_bare(f"{what}: warm", warm, by_hand),
    ]


def measure_ingest() -> list[Row]:
    app = _app(SLUG_APP)
    return [row for size, rounds in ARCHIVES for row in _ingest(app, size, rounds)]


def _ingest(app: App, size: int, rounds: int) -> list[Row]:
    what = f"{size // MB} MB"
    say(f"Making an archive of {what}.")
    file = kept_archive(settings.ROLLBOOK_HOME / "archives", size)
    say(f"Taking in an archive of {what}.")
    by_hand: list[float] = []
    inspected: list[float] = []
    received: list[float] = []
    peaks: list[int] = []
    for _ in range(rounds):
        by_hand.append(timed(lambda: _check_by_hand(file)))
        inspected += in_child("inspect", file).seconds
        seconds, peak = in_child("receive", app.name, file)
        received += seconds
        peaks.append(peak)
    found = ratio(received, by_hand)
    peak = max(peaks)
    return [
        Row(f"sha256sum plus gzip -d, {what}", duration(by_hand)),
        Row(
            f"slug ingest, {what}: read, checked, listed and copied",
            duration(inspected),
            BY_HAND,
            ratio(inspected, by_hand),
        ),
        Row(
            f"slug ingest, {what}: the whole operation",
            duration(received),
            BY_HAND,
            found,
            at_most(found, TIMES_BY_HAND),
        ),
        Row(
            f"its peak memory, {what}",
            f"{peak / MB:.0f} MB",
            target=Target(f"under {PEAK // MB} MB", peak < PEAK),
        ),
    ]


def _check_by_hand(file: Path) -> None:
    for command in (_sha256sum(), ["gzip", "-d", "-c"]):
        subprocess.run([*command, file], stdout=subprocess.DEVNULL, check=True)


def _sha256sum() -> Sequence[str]:
    return ["sha256sum"] if shutil.which("sha256sum") else ["shasum", "-a", "256"]


def _app_with_large_slugs() -> App:
    app = _app(PLAN_APP)
    if app.last_version == 1:
        for revision in (1, 2):
            say(f"Making slug {revision} of {FILES:,} files.")
            archive = io.BytesIO(archive_of_small_files(FILES, revision=revision))
            slug = receive_slug(app=app, archive=archive, actor=Actor.system())
            deploy(app=app, slug=slug, actor=Actor.system())
        app.refresh_from_db()
    return app


def _app(name: str) -> App:
    found = App.objects.filter(name=name).first()
    return found or create_app(name=name, actor=Actor.system())
