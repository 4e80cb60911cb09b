from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.api.objects import app_object
from releases.management.console.arguments import add_app
from releases.management.console.command import ConsoleCommand
from releases.operations.set_maintenance import set_maintenance
from releases.queries import find_app


class Command(ConsoleCommand):
    help = (
        "Switch maintenance of an app on or off: visitors get a page that says so, and its"
        " processes run on. With the app alone, say which it is."
    )
    example = "manage.py maintenance shop on"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        parser.add_argument(
            "state", nargs="?", choices=["on", "off"], help="on or off."
        )

    def handle(
        self, *, app_name: str, state: str | None, actor: Actor, **_: object
    ) -> None:
        app = find_app(app_name, actor=actor)
        if state:
            app = set_maintenance(app=app, on=state == "on", actor=actor)
        self.answer(
            app_object(app),
            f"Maintenance of {app} is {'on' if app.maintenance else 'off'}.",
        )
