from django.core.management.base import CommandError, CommandParser

from releases.actors import Actor, who
from releases.api.app_parts import collaborator_object
from releases.management.console.arguments import add_app
from releases.management.console.command import ConsoleCommand
from releases.management.console.words import when
from releases.models import Access, App
from releases.operations.give_access import give_access, take_access
from releases.queries import find_app, find_user, people_of

PERMISSIONS = Access.Permission


class Command(ConsoleCommand):
    help = (
        "List who may do what with an app; or let someone do just this, whatever they"
        " could do before. The owner and superusers may do all."
    )
    example = "manage.py access shop grace@example.com rollback"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        parser.add_argument(
            "email", metavar="EMAIL", nargs="?", help="Whose access to give or take."
        )
        parser.add_argument(
            "permissions",
            metavar="PERMISSION",
            nargs="*",
            help=" ".join(f"{each.value}: {each.label}." for each in PERMISSIONS)
            + " Each of them includes view.",
        )
        parser.add_argument("--take", action="store_true", help="Take all of it away.")

    def handle(
        self,
        *,
        app_name: str,
        email: str | None,
        permissions: list[str],
        take: bool,
        actor: Actor,
        **_: object,
    ) -> None:
        app = find_app(app_name, actor=actor)
        if email is None:
            self._list(app)
            return
        if take == bool(permissions):
            raise CommandError(f"Say what {email} may do, or --take all of it away.")
        user = find_user(email)
        if take:
            take_access(app=app, user=user, actor=actor)
            self.answer([], f"{user} has no access to {app} any more.")
            return
        access = give_access(app=app, user=user, permissions=permissions, actor=actor)
        given = ", ".join(access.permissions)
        self.answer(collaborator_object(access, app), f"{user} has {given} on {app}.")

    def _list(self, app: App) -> None:
        people = people_of(app)
        if self.as_json:
            self.print_json([collaborator_object(access, app) for access in people])
            return
        self.print_table(
            ("E-mail", "May", "Since (UTC)"),
            [
                (who(app.owner.email), "all, as the owner", ""),
                *(
                    (
                        access.user.email,
                        ", ".join(access.permissions),
                        when(access.updated_at),
                    )
                    for access in people
                ),
            ],
        )
