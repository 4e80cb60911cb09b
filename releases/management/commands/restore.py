from pathlib import Path

from django.core.management.base import CommandError, CommandParser

from releases.actors import Actor
from releases.api.objects import Object
from releases.backups.restoring import Restored, restore_backup
from releases.findings import Findings
from releases.management.console.command import ConsoleCommand
from releases.management.console.findings import (
    faults_sentence,
    findings_object,
    findings_text,
    look_at_chains,
    look_at_slugs,
)
from releases.management.console.progress import Progress
from releases.management.console.words import counted, listed
from releases.permissions import require_superuser


class Command(ConsoleCommand):
    help = (
        "Put a backup back into an empty home, as of a new ROLLBOOK_HOME, or an empty"
        " database: rows, slugs and master keys. The whole file is checked before"
        " anything is changed, and what was restored is verified at the end."
    )
    example = (
        "ROLLBOOK_HOME=/srv/rollbook manage.py restore /mnt/elsewhere/rollbook.tar"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", metavar="FILE", type=Path, help="What `backup` wrote."
        )

    def handle(self, *, file: Path, actor: Actor, **_: object) -> None:
        if not actor.user.is_system:
            # A database that may be restored into has nobody who could be named.
            require_superuser(actor, "restore a backup")
        try:
            restored = self._restore(file)
        except OSError as error:
            raise CommandError(
                f"The backup cannot be restored: {error.strerror or error}."
            ) from error
        findings = Findings()
        look_at_chains(findings, self.stderr)
        look_at_slugs(findings, self.stderr)
        self.answer(
            _object(restored) | findings_object(findings), _text(restored, findings)
        )
        if findings.faults:
            raise CommandError(f"It is restored, with {faults_sentence(findings)}")

    def _restore(self, file: Path) -> Restored:
        with file.open("rb") as opened:
            # It is read twice: to check it, and to restore it.
            total = 2 * file.stat().st_size
            with Progress("Read", self.stderr, total=total) as progress:
                return restore_backup(opened, advance=progress.advance)


def _object(restored: Restored) -> Object:
    return {
        "made_at": restored.manifest.made_at.isoformat(),
        "restored_slugs": restored.slugs,
        "keys": restored.manifest.with_keys,
        "missing_keys": restored.missing_keys,
    }


def _text(restored: Restored, findings: Findings) -> str:
    keys = "the master keys" if restored.manifest.with_keys else "no master keys"
    done = (
        f"Restored the backup of {restored.manifest.made_at:%Y-%m-%d %H:%M} UTC: the"
        f" database, {counted(restored.slugs, 'slug')} and {keys}."
    )
    missing = (
        f"\nConfig values are locked until the master key {listed(restored.missing_keys)}"
        " is put back, into the key file or ROLLBOOK_MASTER_KEY."
        if restored.missing_keys
        else ""
    )
    return f"{done}\n{findings_text(findings)}{missing}"
