from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.api.objects import plan_object
from releases.management.console.arguments import add_app, add_scope, add_version
from releases.management.console.command import ConsoleCommand
from releases.management.console.plan_text import plan_text
from releases.management.console.targets import chosen_target
from releases.plans import plan
from releases.queries import find_app
from releases.restoring import Scope


class Command(ConsoleCommand):
    help = "Show what a rollback would change, and what it would not. Changes nothing."
    example = "manage.py plan shop v12 --scope code"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        add_version(
            parser, "Where to go, back or forward; by default the last known good."
        )
        add_scope(parser)

    def handle(
        self,
        *,
        app_name: str,
        version: int | None,
        scope: str,
        actor: Actor,
        **_: object,
    ) -> None:
        app = find_app(app_name, actor=actor)
        to = chosen_target(app, version, Scope(scope))
        made = plan(app=app, to=to, scope=Scope(scope), actor=actor)
        self.answer(plan_object(made), plan_text(made, columns=self.columns))
