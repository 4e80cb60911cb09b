"""Everything that can be verified, looked at in one go."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from releases.checkpoints import Head
from releases.models import App
from releases.stored_bytes import verify_blobs
from releases.verification import FAULTS_NAMED, Fault, gone, verify_apps

Advance = Callable[[int], None]


@dataclass
class Findings:
    """What was looked at, and the first of what is wrong with it."""

    heads: dict[uuid.UUID, Head] = field(default_factory=dict)
    activities: int = 0
    releases: int = 0
    slugs: int = 0
    slug_bytes: int = 0
    faults: list[Fault] = field(default_factory=list)
    faults_total: int = 0

    def look_at_chains(
        self,
        *,
        checkpoint: Mapping[uuid.UUID, Head] | None = None,
        app: App | None = None,
        advance: Advance,
    ) -> None:
        """Verify the chain of one app, or all; `advance` counts apps."""
        checkpoint = checkpoint or {}
        for each in verify_apps(checkpoint, only=app.pk if app else None):
            self.heads[each.app.pk] = each.head
            self.activities += each.head.length
            self.releases += each.releases
            self._add(each.faults, total=each.faults_total)
            advance(1)
        if app is None:
            missing = [
                gone(app_id) for app_id in checkpoint if app_id not in self.heads
            ]
            self._add(missing, total=len(missing))

    def look_at_slugs(self, *, app: App | None = None, advance: Advance) -> None:
        """Verify the stored bytes of one app, or all; `advance` counts bytes."""
        for blob, fault in verify_blobs(app):
            self.slugs += 1
            self.slug_bytes += blob.size
            if fault:
                self._add([fault], total=1)
            advance(blob.size)

    def _add(self, faults: list[Fault], *, total: int) -> None:
        self.faults_total += total
        self.faults += faults[: FAULTS_NAMED - len(self.faults)]
