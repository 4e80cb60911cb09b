from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.management.console.command import ConsoleCommand
from releases.management.console.objects import user_object
from releases.operations.deactivate_user import deactivate_user
from releases.queries import find_user


class Command(ConsoleCommand):
    help = "Close every door to someone at once; what they did stays in history."
    example = "manage.py deactivate_user ada@example.com"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL", help="Whose account it is.")

    def handle(self, *, email: str, actor: Actor, **_: object) -> None:
        user = deactivate_user(user=find_user(email), actor=actor)
        self.answer(user_object(user), f"Deactivated {user}.")
