from django.core.management.base import CommandError, CommandParser

from releases.actors import Actor
from releases.management.console.arguments import add_app, add_version
from releases.management.console.command import ConsoleCommand
from releases.management.console.confirmation import typed
from releases.management.console.objects import one_release
from releases.management.console.words import counted
from releases.operations.erase_value import erase_value
from releases.queries import find_app, find_release


class Command(ConsoleCommand):
    help = (
        "Erase a config value from all history, for good. Releases that had it cannot be"
        " restored with their config any more; the history still verifies."
    )
    example = "manage.py erase_value shop v12 SECRET_KEY --confirm SECRET_KEY"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        add_version(parser, "A release that had the value.", required=True)
        parser.add_argument("name", metavar="NAME", help="The config var's name.")
        parser.add_argument(
            "--confirm",
            metavar="NAME",
            default="",
            help="The name once more; a terminal asks for it.",
        )

    def handle(
        self,
        *,
        app_name: str,
        version: int,
        name: str,
        confirm: str,
        actor: Actor,
        **_: object,
    ) -> None:
        app = find_app(app_name, actor=actor)
        release = find_release(app, version)
        question = f"To erase what {name} was in {release} for good, type its name: "
        if (confirm or typed(question)) != name:
            raise CommandError(f"To erase the value, confirm with --confirm {name}.")
        rows = erase_value(release=release, name=name, actor=actor)
        self.answer(
            one_release(release, app),
            f"Erased the value that {name} had in {release} of {app}"
            f" ({counted(rows, 'stored copy', 'stored copies')}).",
        )
