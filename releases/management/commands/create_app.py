from django.core.management.base import CommandError, CommandParser

from releases.actors import Actor, who
from releases.api.objects import app_object
from releases.management.console.command import ConsoleCommand
from releases.operations.create_app import create_app
from releases.queries import find_app, find_user


class Command(ConsoleCommand):
    help = "Make an app, with its initial release v1."
    example = "manage.py create_app shop --as ada@example.com"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "name",
            metavar="NAME",
            nargs="?",
            default="",
            help="3 to 30 characters: a-z, 0-9 and dashes. Chosen for you if left out.",
        )
        parser.add_argument(
            "--owner",
            metavar="EMAIL",
            help="Whose app it is; with --as it belongs to who makes it.",
        )
        parser.add_argument(
            "--stack", default="", help="The stack's name, for clients."
        )

    def handle(
        self,
        *,
        name: str,
        owner: str | None,
        stack: str,
        actor: Actor,
        **_: object,
    ) -> None:
        if owner and not actor.user.is_system:
            raise CommandError("Say --owner or --as, not both.")
        app = create_app(
            name=name,
            actor=actor,
            owner=find_user(owner) if owner else None,
            stack=stack,
        )
        self.answer(
            app_object(find_app(app.name, actor=actor)),
            f"Created {app}, owned by {who(app.owner.email)}. It is at v1.",
        )
