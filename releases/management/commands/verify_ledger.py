import os
import uuid
from collections.abc import Mapping
from pathlib import Path

from django.core.management.base import CommandError, CommandParser

from releases.actors import Actor
from releases.checkpoints import Head, read_checkpoint, write_checkpoint
from releases.findings import Findings
from releases.management.console.command import ConsoleCommand
from releases.management.console.findings import (
    faults_sentence,
    findings_object,
    findings_text,
    look_at_chains,
    look_at_slugs,
)
from releases.models import App
from releases.permissions import require_superuser
from releases.queries import find_app


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
        look_at_chains(findings, self.stderr, app=app, checkpoint=heads)
        if not without_slugs:
            look_at_slugs(findings, self.stderr, app=app)
        is_new = bool(checkpoint and not checkpoint.exists() and not findings.faults)
        if checkpoint and is_new:
            write_checkpoint(checkpoint, findings.heads)
        self.answer(
            {**findings_object(findings), "checkpoint_written": is_new},
            _text(findings, checkpoint, is_new=is_new),
        )
        if findings.faults:
            raise CommandError(faults_sentence(findings))


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


def _text(findings: Findings, checkpoint: Path | None, *, is_new: bool) -> str:
    text = findings_text(findings)
    if checkpoint is None or findings.faults:
        return text
    if is_new:
        return (
            f"{text} Their heads are in {checkpoint} now: keep it on another machine."
        )
    return f"{text} They agree with {checkpoint}."
