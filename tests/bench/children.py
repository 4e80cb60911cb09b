"""What is measured in a process of its own. Its imports come before the clock starts."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from django.utils import timezone

from releases.actors import Actor
from releases.models import App, Blob
from releases.operations.receive_slug import receive_slug
from releases.plans import plan
from releases.slugs.archive import inspect
from releases.slugs.incoming import incoming
from releases.slugs.limits import configured_limits
from releases.slugs.storage import delete_blob
from releases.verification import Fault, verify_apps
from tests.bench.timing import timed

WARM = 10
# Where a gzip header says when it was written, which is nobody's business.
STAMP = slice(4, 8)


class Restamped:
    """An archive that holds what another does, and yet is none that was stored before."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("rb")
        self._began = False

    def read(self, size: int, /) -> bytes:
        chunk = self._file.read(size)
        if self._began:
            return chunk
        self._began = True
        stamped = bytearray(chunk)
        stamped[STAMP] = os.urandom(4)
        return bytes(stamped)


def make_plans(app_name: str, version: str) -> list[float]:
    """Time the first plan of a process, and more of the same."""
    app = App.objects.select_related("owner").get(name=app_name)
    actor = Actor.system()
    return [
        timed(lambda: plan(app=app, to=int(version), actor=actor))
        for _ in range(1 + WARM)
    ]


def inspect_archive(file: str) -> list[float]:
    def run() -> None:
        with incoming() as arriving, Path(file).open("rb") as source:
            inspect(source, copy_to=arriving.file, limits=configured_limits())

    return [timed(run)]


def receive_archive(app_name: str, file: str) -> list[float]:
    app = App.objects.get(name=app_name)
    source = Restamped(Path(file))
    seconds = timed(lambda: receive_slug(app=app, archive=source, actor=Actor.system()))
    _forget_bytes(app)
    return [seconds]


def verify_everything() -> list[float]:
    """Time the verification of all apps; there must be no fault."""
    faults: list[Fault] = []

    def run() -> None:
        for verified in verify_apps():
            faults.extend(verified.faults)

    seconds = timed(run)
    if faults:
        sys.exit(f"This database does not verify: {faults[0]}")
    return [seconds]


def _forget_bytes(app: App) -> None:
    """Free the disk, as pruning does: the row says that the bytes are gone."""
    blob = app.slugs.latest("created_at").blob
    if blob:
        Blob.objects.filter(pk=blob.pk).update(deleted_at=timezone.now())
        delete_blob(blob.pk)


CHILDREN: Mapping[str, Callable[..., list[float]]] = {
    "plan": make_plans,
    "inspect": inspect_archive,
    "receive": receive_archive,
    "verify": verify_everything,
}
