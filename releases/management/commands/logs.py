import json
import time

from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.log_formats import SOURCES, LogLine
from releases.logs import LogReader, Wanted
from releases.management.console.arguments import add_app, add_limit, version
from releases.management.console.command import ConsoleCommand
from releases.management.console.objects import log_line_object
from releases.queries import find_app

SHOWN = 100
POLL = 0.5


class Command(ConsoleCommand):
    help = (
        "Show the newest lines of an app's log: what its processes print, requests, and"
        " what was done to it."
    )
    example = "manage.py logs shop --tail --process web"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        parser.add_argument(
            "--tail",
            action="store_true",
            help="Go on with new lines until Ctrl-C; in JSON, an object a line.",
        )
        add_limit(parser, SHOWN, "--lines")
        parser.add_argument(
            "--process",
            metavar="NAME",
            default="",
            help="Only of one process, as web.1, or a type, as web; or router, or api.",
        )
        parser.add_argument(
            "--release",
            dest="version",
            metavar="VERSION",
            type=version,
            help="Only what ran for this release.",
        )
        parser.add_argument(
            "--source",
            choices=SOURCES,
            default="",
            help="Only what the app says, or what is said about it and its requests.",
        )
        parser.add_argument(
            "--search",
            metavar="TEXT",
            default="",
            help="Only lines with this text, in any case.",
        )

    def handle(
        self,
        *,
        app_name: str,
        tail: bool,
        limit: int,
        process: str,
        version: int | None,
        source: str,
        search: str,
        actor: Actor,
        **_: object,
    ) -> None:
        app = find_app(app_name, actor=actor)
        log = LogReader(app, Wanted(process, source, version, search))
        last = log.last(limit)
        if self.as_json and not tail:
            self.print_json([log_line_object(line) for line in last])
            return
        self._print_lines(last)
        while tail:
            time.sleep(POLL)
            self._print_lines(log.more())

    def _print_lines(self, lines: list[LogLine]) -> None:
        for line in lines:
            self.print(json.dumps(log_line_object(line)) if self.as_json else str(line))
        # Whoever reads a pipe sees each line when it is there.
        self.stdout.flush()
