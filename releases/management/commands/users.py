from releases.actors import Actor
from releases.management.console.command import ConsoleCommand
from releases.management.console.objects import user_object
from releases.management.console.words import when
from releases.models import User
from releases.queries import all_users


class Command(ConsoleCommand):
    help = "List all accounts."
    example = "manage.py users"

    def handle(self, *, actor: Actor, **_: object) -> None:
        users = all_users(actor=actor)
        if self.as_json:
            self.print_json([user_object(user) for user in users])
        elif not users:
            self.print("No users yet. `manage.py create_user EMAIL` makes one.")
        else:
            self.print_table(
                ("E-mail", "Name", "Signed in (UTC)", ""), map(_row, users)
            )


def _row(user: User) -> tuple[str, ...]:
    notes = [
        "superuser" if user.is_superuser else "",
        "" if user.is_active else "deactivated",
    ]
    return (
        user.email,
        user.full_name,
        when(user.last_login) if user.last_login else "never",
        ", ".join(filter(None, notes)),
    )
