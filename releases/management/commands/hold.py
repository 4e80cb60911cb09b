from django.core.management.base import CommandError, CommandParser

from releases.actors import Actor
from releases.api.objects import app_object
from releases.management.console.app_text import hold_text
from releases.management.console.arguments import add_app, add_reason
from releases.management.console.command import ConsoleCommand
from releases.operations.hold_deploys import hold_deploys, resume_deploys
from releases.queries import find_app


class Command(ConsoleCommand):
    help = (
        "Refuse deploys of an app until they are resumed; rollbacks and config changes"
        " go on. With the app alone, say whether they are held."
    )
    example = 'manage.py hold shop --reason "v12 stays until the incident is over"'

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        add_reason(parser, "Hold deploys, and say why to whoever tries.")
        parser.add_argument("--resume", action="store_true", help="Let deploys go on.")

    def handle(
        self, *, app_name: str, reason: str, resume: bool, actor: Actor, **_: object
    ) -> None:
        if reason and resume:
            raise CommandError("Hold deploys or resume them, not both.")
        app = find_app(app_name, actor=actor)
        if resume:
            app = resume_deploys(app=app, actor=actor)
        elif reason:
            app = hold_deploys(app=app, reason=reason, actor=actor)
        held = hold_text(app)
        text = f"Deploys of {app} are held: {held}" if held else f"{app} takes deploys."
        self.answer(app_object(app), text)
