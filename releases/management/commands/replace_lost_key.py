from django.core.management.base import CommandError, CommandParser

from releases.actors import Actor
from releases.management.console.command import ConsoleCommand
from releases.management.console.confirmation import typed
from releases.management.console.words import counted
from releases.operations.replace_lost_key import replace_lost_key

WORD = "lost"


class Command(ConsoleCommand):
    help = (
        "Go on after the master key was lost, for good: the config values that it locks"
        " are erased from all history, and apps can be given new ones. Code, releases"
        " and activity stay. If any copy of the key may exist, look for it first."
    )
    example = f"manage.py replace_lost_key --confirm {WORD}"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--confirm",
            metavar=WORD,
            default="",
            help=f'The word "{WORD}"; a terminal asks for it.',
        )

    def handle(self, *, confirm: str, actor: Actor, **_: object) -> None:
        if (confirm or typed(f'To give the key up, type "{WORD}": ')) != WORD:
            raise CommandError(f"To give the key up, confirm with --confirm {WORD}.")
        names = [app.name for app in replace_lost_key(actor=actor)]
        self.answer(
            {"apps": names},
            f"The values of {counted(len(names), 'app')} are gone: set new ones with"
            f" manage.py config. The apps: {', '.join(names)}.",
        )
