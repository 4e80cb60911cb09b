from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.api.objects import app_object
from releases.management.console.arguments import add_app
from releases.management.console.command import ConsoleCommand
from releases.operations.transfer_app import transfer_app
from releases.queries import find_app, find_user


class Command(ConsoleCommand):
    help = "Make someone else the owner of an app; who owned it keeps no other access."
    example = "manage.py transfer_app shop grace@example.com"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        parser.add_argument("email", metavar="EMAIL", help="Who owns it from now on.")

    def handle(self, *, app_name: str, email: str, actor: Actor, **_: object) -> None:
        app = find_app(app_name, actor=actor)
        transferred = transfer_app(app=app, to=find_user(email), actor=actor)
        self.answer(
            app_object(transferred), f"{app} belongs to {transferred.owner} now."
        )
