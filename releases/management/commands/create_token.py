from datetime import timedelta

from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.api.account_objects import authorization_object
from releases.management.console.arguments import lifetime
from releases.management.console.command import ConsoleCommand
from releases.models import Token
from releases.operations.tokens import create_token
from releases.queries import find_user


class Command(ConsoleCommand):
    help = (
        "Make a token for the API and the Heroku CLI, and print its secret: nothing else,"
        " and never again. What is done with it is done by its user."
    )
    example = "ROLLBOOK_TOKEN=$(manage.py create_token ada@example.com --name laptop)"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL", help="Whose token it is.")
        parser.add_argument(
            "--name",
            default="Command line",
            help="What it is for, as history will name it.",
        )
        parser.add_argument(
            "--scope",
            dest="scopes",
            metavar="SCOPE",
            action="append",
            help="What it may do; more than one can be given. By default global. "
            + " ".join(f"{scope.value}: {scope.label}." for scope in Token.Scope),
        )
        parser.add_argument(
            "--expires-in",
            metavar="TIME",
            type=lifetime,
            help="How long it lasts: 90d, 12h, 3600s; a number alone counts days. By"
            " default it does not expire.",
        )

    def handle(
        self,
        *,
        email: str,
        name: str,
        scopes: list[str] | None,
        expires_in: timedelta | None,
        actor: Actor,
        **_: object,
    ) -> None:
        made = create_token(
            user=find_user(email),
            name=name,
            scopes=scopes or [Token.Scope.GLOBAL],
            expires_in=expires_in,
            actor=actor,
        )
        self.answer(authorization_object(made.token, secret=made.secret), made.secret)
