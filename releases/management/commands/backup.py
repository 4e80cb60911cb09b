from pathlib import Path

from django.core.management.base import CommandError, CommandParser

from releases.actors import Actor
from releases.backups.drafts import draft_of
from releases.backups.making import make_backup
from releases.backups.manifest import Manifest
from releases.management.console.command import ConsoleCommand
from releases.management.console.progress import Progress
from releases.management.console.words import counted, size


class Command(ConsoleCommand):
    help = (
        "Write the database, all stored slugs and the master keys into one file. Work"
        " goes on meanwhile. Whoever has the file has every config value: keep it as you"
        " keep the keys, or leave these out."
    )
    example = "manage.py backup /mnt/elsewhere/rollbook.tar"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", metavar="FILE", type=Path, help="Where to write it."
        )
        parser.add_argument(
            "--without-keys",
            action="store_true",
            help="Leave the master keys out. Without them, kept elsewhere, no config"
            " value can be read after a restore.",
        )
        parser.add_argument(
            "--force", action="store_true", help="Write over a file that exists."
        )

    def handle(
        self, *, file: Path, without_keys: bool, force: bool, actor: Actor, **_: object
    ) -> None:
        target = file.resolve()
        if target.exists() and not target.is_file():
            raise CommandError(f"{file} is no file.")
        if target.exists() and not force:
            raise CommandError(f"{file} exists; --force writes over it.")
        try:
            with (
                draft_of(target) as draft,
                Progress("Written", self.stderr) as progress,
            ):
                manifest = make_backup(
                    draft,
                    actor=actor,
                    with_keys=not without_keys,
                    advance=progress.advance,
                )
            written = target.stat().st_size
        except OSError as error:
            raise CommandError(
                f"The backup cannot be made: {error.strerror or error}."
            ) from error
        self.answer(
            {
                "file": str(target),
                "size": written,
                "made_at": manifest.made_at.isoformat(),
                "slugs": manifest.slugs,
                "keys": manifest.with_keys,
            },
            _text(file, written, manifest),
        )


def _text(file: Path, written: int, manifest: Manifest) -> str:
    done = (
        f"Wrote the database and {counted(manifest.slugs, 'slug')} to {file}"
        f" ({size(written)})."
    )
    if manifest.with_keys:
        return (
            f"{done}\nThe master keys are in it: whoever has it has every config value."
        )
    return f"{done}\nThe master keys are not in it: keep them elsewhere."
