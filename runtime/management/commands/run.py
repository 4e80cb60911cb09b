import shlex
import sys

from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.management.console.arguments import add_app
from releases.management.console.command import ConsoleCommand
from releases.operations.run_once import run_attached
from releases.queries import find_app
from releases.running import require_runtime
from runtime.local.attached import run_attached as run_here
from runtime.picture import picture_of
from runtime.starting import spec_of


class Command(ConsoleCommand):
    help = (
        "Run a command here and now, in this terminal, with the code and config of an"
        " app's current release. It has a copy of the code for itself."
    )
    example = "manage.py run shop -- python manage.py shell"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        parser.add_argument(
            "words",
            nargs="+",
            metavar="COMMAND",
            help="What to run, after --, with its arguments; one alone is a shell's line.",
        )

    def handle(
        self, *, app_name: str, words: list[str], actor: Actor, **_: object
    ) -> None:
        app = find_app(app_name, actor=actor)
        require_runtime()
        text = words[0] if len(words) == 1 else shlex.join(words)
        process = run_attached(app=app, command=text, actor=actor)
        picture = picture_of(app.pk)
        if picture:
            sys.exit(run_here(spec_of(picture, process, process.release)))
