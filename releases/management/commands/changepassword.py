from django.core.management.base import CommandError

from releases.management.console.command import ConsoleCommand


class Command(ConsoleCommand):
    """Stands in front of Django's own, which would go around the operations."""

    help = "Not used here: set_password changes passwords, on record."
    example = "manage.py set_password ada@example.com"

    def handle(self, **_: object) -> None:
        raise CommandError("Use manage.py set_password EMAIL.")
