from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.api.objects import plan_object
from releases.management.console.arguments import add_app, version
from releases.management.console.command import ConsoleCommand
from releases.management.console.plan_text import comparison_text
from releases.plans import compare
from releases.queries import find_app


class Command(ConsoleCommand):
    help = "Show how two releases of an app differ, in code and in config by key."
    example = "manage.py compare shop v11 v12"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        parser.add_argument(
            "old", metavar="FROM", type=version, help="The release to compare from."
        )
        parser.add_argument(
            "new", metavar="TO", type=version, help="The release to compare to."
        )

    def handle(
        self, *, app_name: str, old: int, new: int, actor: Actor, **_: object
    ) -> None:
        app = find_app(app_name, actor=actor)
        found = compare(app=app, old=old, new=new, actor=actor)
        self.answer(plan_object(found), comparison_text(found, columns=self.columns))
