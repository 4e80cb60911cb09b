from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.api.objects import activity_object
from releases.management.console.arguments import add_app, count
from releases.management.console.command import ConsoleCommand
from releases.management.console.words import when, who
from releases.queries import find_app
from releases.timeline import EVERYTHING, cursor_at, timeline_of

SHOWN = 20


class Command(ConsoleCommand):
    help = "Show everything that happened to an app, newest first."
    example = "manage.py activity shop -n 100"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        parser.add_argument(
            "-n",
            dest="limit",
            metavar="NUMBER",
            type=count,
            default=SHOWN,
            help=f"How many; {SHOWN} unless you say.",
        )
        parser.add_argument(
            "--before",
            metavar="NUMBER",
            type=count,
            help="Only those below this number: the way to the next page.",
        )

    def handle(
        self,
        *,
        app_name: str,
        limit: int,
        before: int | None,
        actor: Actor,
        **_: object,
    ) -> None:
        app = find_app(app_name, actor=actor)
        cursor = cursor_at(app, before) if before else None
        page = timeline_of(app, only=EVERYTHING, before=cursor, size=limit)
        if self.as_json:
            self.print_json([activity_object(line, app) for line in page.activities])
            return
        self.print_table(
            ("No.", "When (UTC)", "", "What", "By", "Through"),
            [
                (
                    str(line.sequence),
                    when(line.created_at),
                    str(line.release or ""),
                    line.summary,
                    who(line.actor_email),
                    line.get_source_display(),
                )
                for line in page.activities
            ],
            shorten=("What", "By"),
        )
        if page.older:
            last = page.activities[-1].sequence
            self.print(f"Older ones: manage.py activity {app} --before {last}")
