from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.api.app_parts import dyno_object
from releases.management.console.arguments import add_app
from releases.management.console.command import ConsoleCommand
from releases.management.console.words import listed
from releases.operations.restart_processes import restart_processes
from releases.permissions import Action
from releases.queries import find_app
from releases.running import require_runtime


class Command(ConsoleCommand):
    help = (
        "Start processes of an app anew, of the same release. New web processes take over"
        " when they are ready; what runs once is left alone."
    )
    example = "manage.py restart shop web"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        parser.add_argument(
            "process",
            metavar="PROCESS",
            nargs="?",
            default="",
            help="One, as web.1, or those of a type, as web; all unless you say.",
        )

    def handle(self, *, app_name: str, process: str, actor: Actor, **_: object) -> None:
        app = find_app(app_name, actor=actor, to_do=Action.OPERATE)
        require_runtime()
        restarted = restart_processes(app=app, name=process, actor=actor)
        names = listed([str(each) for each in restarted])
        self.answer(
            [dyno_object(each, app) for each in restarted],
            f"Restarting {names} of {app}." if names else f"{app} runs no process.",
        )
