import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from django.core.management.base import CommandError, CommandParser
from django.db.models import Sum

from releases.actors import Actor
from releases.api.objects import Object
from releases.checkpoints import Head, read_checkpoint, write_checkpoint
from releases.management.console.command import ConsoleCommand
from releases.management.console.progress import INTERVAL, Progress
from releases.management.console.tables import printable
from releases.management.console.words import counted, size
from releases.models import App
from releases.permissions import require_superuser
from releases.queries import find_app
from releases.stored_bytes import blobs_to_be_there, verify_blobs
from releases.verification import FAULTS_NAMED, Fault, gone, verify_apps


@dataclass
class Findings:
    """What was looked at, and what is wrong with it."""

    heads: dict[uuid.UUID, Head] = field(default_factory=dict)
    activities: int = 0
    releases: int = 0
    slugs: int = 0
    slug_bytes: int = 0
    faults: list[Fault] = field(default_factory=list)
    faults_total: int = 0
    checkpoint_written: bool = False

    def add(self, *faults: Fault, total: int | None = None) -> None:
        self.faults_total += len(faults) if total is None else total
        self.faults += faults[: FAULTS_NAMED - len(self.faults)]


class Counting(Progress):
    """Counts apps, not bytes."""

    def advance(self, amount: int) -> None:
        self._done += amount
        now = time.monotonic()
        if self._next is not None and now >= self._next:
            self._next = now + INTERVAL
            self._write(f"\r\033[K{self._what} {self._done:,} of {self._total:,} apps")


class Command(ConsoleCommand):
    help = (
        "Verify that history is what was written: the chain of every app, all rows it"
        " covers, and the bytes of every stored slug. Exits 1 if anything is not."
    )
    example = "manage.py verify_ledger --checkpoint /mnt/elsewhere/heads.json"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--app",
            dest="app_name",
            metavar="APP",
            help="One app alone: its name, or its id where it was destroyed.",
        )
        parser.add_argument(
            "--checkpoint",
            metavar="FILE",
            type=Path,
            help="Check against the heads of the chains in FILE; or, where there is no"
            " such file and all is well, write them to it. Kept on another machine, it"
            " shows a rewrite that fits together.",
        )
        parser.add_argument(
            "--without-slugs",
            action="store_true",
            help="Do not read the stored bytes, which take longest.",
        )

    def handle(
        self,
        *,
        app_name: str | None,
        checkpoint: Path | None,
        without_slugs: bool,
        actor: Actor,
        **_: object,
    ) -> None:
        app = _chosen_app(app_name, actor)
        heads = _known_heads(checkpoint)
        findings = Findings()
        self._verify_chains(app, heads, findings)
        if not without_slugs:
            self._verify_slugs(app, findings)
        if checkpoint and not checkpoint.exists() and not findings.faults:
            write_checkpoint(checkpoint, findings.heads)
            findings.checkpoint_written = True
        self.answer(_object(findings), _text(findings, checkpoint))
        if findings.faults:
            raise CommandError(
                f"{counted(findings.faults_total, 'fault')}; the first:"
                f" {printable(str(findings.faults[0]))}."
            )

    def _verify_chains(
        self, app: App | None, heads: Mapping[uuid.UUID, Head], findings: Findings
    ) -> None:
        total = 1 if app else App.objects.count()
        with Counting("Verified", self.stderr, total=total) as progress:
            for each in verify_apps(heads, only=app.pk if app else None):
                findings.heads[each.app.pk] = each.head
                findings.activities += each.head.length
                findings.releases += each.releases
                findings.add(*each.faults, total=each.faults_total)
                progress.advance(1)
        if app is None:
            findings.add(*map(gone, sorted(heads.keys() - findings.heads.keys())))

    def _verify_slugs(self, app: App | None, findings: Findings) -> None:
        total = blobs_to_be_there(app).aggregate(Sum("size", default=0))["size__sum"]
        with Progress("Read slugs,", self.stderr, total=total) as progress:
            for blob, fault in verify_blobs(app):
                findings.slugs += 1
                findings.slug_bytes += blob.size
                findings.add(*([fault] if fault else []))
                progress.advance(blob.size)


def _chosen_app(name: str | None, actor: Actor) -> App | None:
    if name is None:
        require_superuser(actor, "verify the whole ledger")
        return None
    try:
        app_id = uuid.UUID(name)
    except ValueError:
        return find_app(name, actor=actor)
    require_superuser(actor, "verify an app by its id")
    return App.objects.filter(pk=app_id).first() or find_app(name, actor=actor)


def _known_heads(checkpoint: Path | None) -> Mapping[uuid.UUID, Head]:
    if checkpoint is None:
        return {}
    if checkpoint.exists():
        return read_checkpoint(checkpoint)
    # Found out before the long work, not after it.
    if not os.access(checkpoint.resolve().parent, os.W_OK | os.X_OK):
        raise CommandError(
            f"{checkpoint} cannot be written: its folder does not let us."
        )
    return {}


def _object(findings: Findings) -> Object:
    return {
        "verified": not findings.faults,
        "apps": len(findings.heads),
        "activities": findings.activities,
        "releases": findings.releases,
        "slugs": findings.slugs,
        "slug_bytes": findings.slug_bytes,
        "faults_total": findings.faults_total,
        "faults": [asdict(fault) for fault in findings.faults],
        "checkpoint_written": findings.checkpoint_written,
    }


def _text(findings: Findings, checkpoint: Path | None) -> str:
    looked_at = (
        f"{counted(len(findings.heads), 'app')},"
        f" {counted(findings.activities, 'activity', 'activities')},"
        f" {counted(findings.releases, 'release')} and"
        f" {counted(findings.slugs, 'stored slug')} ({size(findings.slug_bytes)})"
    )
    if findings.faults:
        lines = [f"Looked at {looked_at}.", *map(str, findings.faults)]
        more = findings.faults_total - len(findings.faults)
        return "\n".join(
            map(printable, [*lines, *([f"and {more:,} more"] * (more > 0))])
        )
    if findings.checkpoint_written:
        where = f" Their heads are in {checkpoint} now: keep it on another machine."
    else:
        where = f" They agree with {checkpoint}." if checkpoint else ""
    return f"Verified {looked_at}: all is as it was written.{where}"
