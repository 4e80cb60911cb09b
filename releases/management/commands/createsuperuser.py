from django.core.management.base import CommandError

from releases.management.console.command import ConsoleCommand


class Command(ConsoleCommand):
    """Stands in front of Django's own, which would go around the operations."""

    help = "Not used here: create_user makes accounts, with --superuser such ones."
    example = "manage.py create_user ada@example.com --superuser"

    def handle(self, **_: object) -> None:
        raise CommandError("Use manage.py create_user EMAIL --superuser.")
