import re

from django.core.management.base import CommandError, CommandParser

from releases.actors import Actor
from releases.api.app_parts import formation_object
from releases.formation import formation_of
from releases.management.console.app_text import nothing_to_run
from releases.management.console.arguments import add_app
from releases.management.console.command import ConsoleCommand
from releases.models import App
from releases.operations.scale import scale
from releases.permissions import Action
from releases.queries import find_app
from releases.running import require_runtime

CHANGE = re.compile(r"(?P<name>[\w-]+?)(?:=(?P<to>.+)|(?P<by>[+-][0-9]+))")


class Command(ConsoleCommand):
    help = (
        "Say how many processes of each type an app runs; that makes no release. With the"
        " app alone, show it."
    )
    example = "manage.py scale shop web=2 worker+1"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        parser.add_argument(
            "changes",
            metavar="TYPE=NUMBER",
            nargs="*",
            help="How many of a type; TYPE+1 and TYPE-1 add and take away.",
        )

    def handle(
        self, *, app_name: str, changes: list[str], actor: Actor, **_: object
    ) -> None:
        quantities = dict(map(_read, changes))
        if len(quantities) < len(changes):
            raise CommandError("Name each process type once.")
        to_do = Action.OPERATE if quantities else Action.SEE
        app = find_app(app_name, actor=actor, to_do=to_do)
        require_runtime()
        if quantities:
            formation = scale(app=app, quantities=quantities, actor=actor)
        else:
            formation = formation_of(app, app.current_release.slug)
        self._tell(app, formation)

    def _tell(self, app: App, formation: dict[str, int]) -> None:
        slug = app.current_release.slug
        commands = slug.process_types if slug else {}
        self.answer(
            [
                formation_object(app, name, commands[name], quantity=number)
                for name, number in formation.items()
            ],
            " ".join(f"{name}={number}" for name, number in formation.items())
            or nothing_to_run(app),
        )


def _read(change: str) -> tuple[str, str]:
    """Read `web=2`, `web=+1` or, as the Heroku CLI has it, `web+1`."""
    match = CHANGE.fullmatch(change)
    if match is None:
        raise CommandError(
            f"{change[:40]!r} says no number; write it as web=2, web+1 or web-1."
        )
    return match["name"], match["to"] or match["by"]
