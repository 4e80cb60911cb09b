from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.api.objects import app_object
from releases.management.console.app_text import app_text
from releases.management.console.arguments import add_app
from releases.management.console.command import ConsoleCommand
from releases.queries import find_app


class Command(ConsoleCommand):
    help = (
        "Show one app: what it runs, where a rollback would go, what is held and kept."
    )
    example = "manage.py app shop"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)

    def handle(self, *, app_name: str, actor: Actor, **_: object) -> None:
        app = find_app(app_name, actor=actor)
        self.answer(app_object(app), app_text(app))
