import shlex
from dataclasses import replace

from django.core.management.base import CommandParser

from releases.actors import Actor, who
from releases.api.objects import activity_object
from releases.errors import NotFound
from releases.management.console.arguments import add_app, add_limit, count
from releases.management.console.command import ConsoleCommand
from releases.management.console.words import when
from releases.models import Activity
from releases.queries import find_app
from releases.timeline import EVERYTHING, cursor_at, timeline_of

SHOWN = 20


class Command(ConsoleCommand):
    help = "Show everything that happened to an app, newest first."
    example = "manage.py activity shop -n 100"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        add_limit(parser, SHOWN)
        parser.add_argument(
            "--before",
            metavar="NUMBER",
            type=count,
            help="Only those below this number: the way to the next page.",
        )
        parser.add_argument(
            "--search",
            metavar="WORDS",
            default="",
            help="Only those with all of these words: what was done, why, a commit, a key.",
        )

        parser.add_argument(
            "--by",
            metavar="WHO",
            default="",
            help="Only what they did: an e-mail, or a part of e-mails or names.",
        )

    def handle(
        self,
        *,
        app_name: str,
        limit: int,
        before: int | None,
        search: str,
        by: str,
        actor: Actor,
        **_: object,
    ) -> None:
        app = find_app(app_name, actor=actor)
        cursor = cursor_at(app, before) if before else None
        only, lines = replace(EVERYTHING, words=search, person=by), list[Activity]()
        while len(lines) < limit:
            # A page of a search may have few, and others after it.
            page = timeline_of(app, only=only, before=cursor, size=limit - len(lines))
            if page.nobody:
                raise NotFound(page.nobody)
            lines += page.activities
            cursor = page.older
            if cursor is None:
                break
        if self.as_json:
            self.print_json([activity_object(line, app) for line in lines])
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
                for line in lines
            ],
            shorten=("What", "By"),
        )
        if cursor:
            asked = "".join(
                f" --{name} {shlex.quote(text)}"
                for name, text in (("search", search), ("by", by))
                if text
            )
            last = lines[-1].sequence
            self.print(f"Older ones: manage.py activity {app} --before {last}{asked}")
