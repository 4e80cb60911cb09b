import secrets

from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.management.console.command import ConsoleCommand
from releases.management.console.confirmation import chosen_password
from releases.management.console.objects import user_object
from releases.operations.create_user import create_user

GENERATED_BYTES = 18


class Command(ConsoleCommand):
    help = (
        "Make an account. The password is asked for, or read from standard input: one on"
        " the command line would be seen by every user of this machine."
    )
    example = "manage.py create_user ada@example.com --superuser"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL", help="What they sign in with.")
        parser.add_argument("--name", default="", help="Their full name.")
        parser.add_argument(
            "--superuser", action="store_true", help="They may do all, to every app."
        )
        parser.add_argument(
            "--generate", action="store_true", help="Make up a password; show it once."
        )

    def handle(
        self,
        *,
        email: str,
        name: str,
        superuser: bool,
        generate: bool,
        actor: Actor,
        **_: object,
    ) -> None:
        made_up = secrets.token_urlsafe(GENERATED_BYTES) if generate else ""
        user = create_user(
            email=email,
            full_name=name,
            superuser=superuser,
            password=made_up or chosen_password(),
            actor=actor,
        )
        if self.as_json:
            self.print_json(
                user_object(user) | ({"password": made_up} if made_up else {})
            )
            return
        self.print(f"Created {user}{', a superuser' if superuser else ''}.")
        if made_up:
            self.print(f"Password: {made_up}")
