from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.api.app_parts import dyno_object
from releases.management.console.arguments import add_app
from releases.management.console.command import ConsoleCommand
from releases.management.console.words import listed
from releases.operations.restart_processes import stop_processes
from releases.permissions import Action
from releases.queries import find_app
from releases.running import require_runtime


class Command(ConsoleCommand):
    help = (
        "Stop what runs once, a command or a release phase. Other processes are stopped"
        " and start again; `scale` to fewer stops them for good."
    )
    example = "manage.py stop_process shop run.1234"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        parser.add_argument(
            "process",
            metavar="PROCESS",
            help="One, as run.1234, or those of a type, as run.",
        )

    def handle(self, *, app_name: str, process: str, actor: Actor, **_: object) -> None:
        app = find_app(app_name, actor=actor, to_do=Action.OPERATE)
        require_runtime()
        stopped = stop_processes(app=app, name=process, actor=actor)
        names = listed([str(each) for each in stopped])
        self.answer(
            [dyno_object(each, app) for each in stopped], f"Stopping {names} of {app}."
        )
