from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.api.objects import app_object
from releases.management.console.arguments import add_app
from releases.management.console.command import ConsoleCommand
from releases.management.console.confirmation import typed
from releases.operations.destroy_app import destroy_app
from releases.queries import find_app


class Command(ConsoleCommand):
    help = (
        "Destroy an app: its config values and code are gone for good, its name is free,"
        " its history stays."
    )
    example = "manage.py destroy_app shop --confirm shop"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        parser.add_argument(
            "--confirm",
            metavar="APP",
            default="",
            help="The app's name once more; a terminal asks for it.",
        )

    def handle(self, *, app_name: str, confirm: str, actor: Actor, **_: object) -> None:
        app = find_app(app_name, actor=actor)
        confirm = confirm or typed(f"To destroy {app} for good, type its name: ")
        answer = app_object(app)
        destroy_app(app=app, confirm=confirm, actor=actor)
        self.answer(answer, f"Destroyed {app}. Its history stays for auditors.")
