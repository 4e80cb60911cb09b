from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.api.objects import app_object
from releases.management.console.arguments import add_app
from releases.management.console.command import ConsoleCommand
from releases.operations.rename_app import rename_app
from releases.queries import find_app


class Command(ConsoleCommand):
    help = "Give an app another name; the old one is free at once."
    example = "manage.py rename_app shop store"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        parser.add_argument("name", metavar="NAME", help="The new name.")

    def handle(self, *, app_name: str, name: str, actor: Actor, **_: object) -> None:
        app = rename_app(app=find_app(app_name, actor=actor), name=name, actor=actor)
        self.answer(
            app_object(find_app(app.name, actor=actor)),
            f"{app_name} is called {app} now.",
        )
