from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.api.account_objects import authorization_object
from releases.management.console.command import ConsoleCommand
from releases.operations.tokens import revoke_token
from releases.queries import find_token, find_user


class Command(ConsoleCommand):
    help = "Make a token worth nothing, for ever; what was done with it keeps its name."
    example = "manage.py revoke_token ada@example.com rbk_3f9sK2aQ"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL", help="Whose token.")
        parser.add_argument(
            "token",
            metavar="TOKEN",
            help="How it begins, as `manage.py tokens EMAIL` shows it, or its id.",
        )

    def handle(self, *, email: str, token: str, actor: Actor, **_: object) -> None:
        found = find_token(find_user(email), token, actor=actor)
        revoke_token(token=found, actor=actor)
        self.answer(authorization_object(found), f"Revoked {found} of {found.user}.")
