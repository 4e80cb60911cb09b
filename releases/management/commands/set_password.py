from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.management.console.command import ConsoleCommand
from releases.management.console.confirmation import chosen_password
from releases.management.console.objects import user_object
from releases.operations.set_password import set_password
from releases.queries import find_user


class Command(ConsoleCommand):
    help = (
        "Give someone who forgot theirs another password, asked for or read from standard"
        " input. They are signed out everywhere; their tokens go on."
    )
    example = "manage.py set_password ada@example.com"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL", help="Whose account it is.")

    def handle(self, *, email: str, actor: Actor, **_: object) -> None:
        user = find_user(email)
        set_password(user=user, password=chosen_password(), actor=actor)
        self.answer(user_object(user), f"Changed the password of {user}.")
