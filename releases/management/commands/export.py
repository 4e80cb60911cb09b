from datetime import datetime

from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.exports import FORMATS
from releases.management.console.arguments import add_app, moment
from releases.management.console.command import ConsoleCommand
from releases.permissions import Action
from releases.queries import find_app


class Command(ConsoleCommand):
    help = (
        "Print an app's history for auditors, oldest first, with the chain's digests."
    )
    example = (
        "manage.py export shop --since 2026-10-01 --until 2026-11-01 > october.csv"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        parser.add_argument(
            "--since",
            metavar="TIME",
            type=moment,
            help="From when on, in UTC unless it names its zone; else from the beginning.",
        )
        parser.add_argument(
            "--until",
            metavar="TIME",
            type=moment,
            help="Until when, not including it; else up to now.",
        )
        parser.add_argument(
            "--format",
            choices=[*FORMATS],
            default="csv",
            help="csv, for spreadsheets, or jsonl, to check digests with: an object a line.",
        )

    def handle(
        self,
        *,
        app_name: str,
        since: datetime | None,
        until: datetime | None,
        format: str,  # noqa: A002  # named as it is typed
        actor: Actor,
        **_: object,
    ) -> None:
        # People's addresses are in it, which nothing else shows of an app.
        app = find_app(app_name, actor=actor, to_do=Action.MANAGE)
        in_format = FORMATS["jsonl" if self.as_json else format]
        for line in in_format(app, since=since, until=until):
            self.stdout.write(line, ending="")
