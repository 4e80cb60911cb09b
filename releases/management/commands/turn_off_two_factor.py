from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.management.console.command import ConsoleCommand
from releases.management.console.objects import user_object
from releases.operations.two_factor import turn_off_two_factor
from releases.queries import find_user


class Command(ConsoleCommand):
    help = "Let someone who lost the phone sign in by password alone."
    example = "manage.py turn_off_two_factor ada@example.com"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL", help="Whose account it is.")

    def handle(self, *, email: str, actor: Actor, **_: object) -> None:
        user = turn_off_two_factor(user=find_user(email), actor=actor)
        self.answer(user_object(user), f"Turned off two-factor of {user}.")
