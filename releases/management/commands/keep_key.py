from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.api.objects import app_object
from releases.management.console.arguments import add_app
from releases.management.console.command import ConsoleCommand
from releases.management.console.words import listed
from releases.operations.keep_key import keep_key, unkeep_key
from releases.queries import find_app


class Command(ConsoleCommand):
    help = (
        "Let a config var keep its current value across rollbacks, as a rotated"
        " credential should. With the app alone, list those that do."
    )
    example = "manage.py keep_key shop SECRET_KEY"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        parser.add_argument(
            "name", metavar="NAME", nargs="?", help="The name; it need not be set."
        )
        parser.add_argument(
            "--undo",
            action="store_true",
            help="Let it go back with everything else again.",
        )

    def handle(
        self,
        *,
        app_name: str,
        name: str | None,
        undo: bool,
        actor: Actor,
        **_: object,
    ) -> None:
        app = find_app(app_name, actor=actor)
        if name:
            operation = unkeep_key if undo else keep_key
            app = operation(app=app, name=name, actor=actor)
        keys = listed(app.kept_keys, at_most=len(app.kept_keys))
        self.answer(
            app_object(app), f"{app} keeps across rollbacks: {keys or 'no key'}."
        )
