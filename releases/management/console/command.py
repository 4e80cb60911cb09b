"""What the commands share: who acts, how they answer, and how they refuse."""

import json
import logging
import os
import shutil
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError, connection, connections
from psycopg.errors import UndefinedColumn, UndefinedTable

from releases.actors import Actor
from releases.api.objects import Object
from releases.errors import NotAllowed, OperationRefused
from releases.management.console.arguments import HelpFormatter, Parser
from releases.management.console.tables import aligned
from releases.models import Source
from releases.queries import find_user

VERBOSE = 2
INTERRUPTED = 130


class ConsoleCommand(BaseCommand):
    """Answers on standard output; a refusal is one sentence on standard error, exit 1.

    `example` is what the help ends with. `ways_past` are what a refusal ends with, by its
    code, where the command has an option that passes it. `handle` gets the actor, and
    the arguments by their names.
    """

    example = ""
    ways_past: Mapping[str, str] = {}
    as_json = False
    # Each command would spend a tenth of a second on what `bin/up` and the tests check.
    requires_system_checks = ()
    suppressed_base_arguments = {
        "--version",
        "--verbosity",
        "--settings",
        "--pythonpath",
        "--traceback",
        "--no-color",
        "--force-color",
    }

    def create_parser(
        self, prog_name: str, subcommand: str, **kwargs: object
    ) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.add_argument(
            "--as",
            dest="as_email",
            metavar="EMAIL",
            help="Who acts, with their permissions; by default the system itself.",
        )
        parser.add_argument(
            "--json",
            dest="as_json",
            action="store_true",
            help="Answer in JSON, with the objects of Heroku's Platform API.",
        )
        return Parser(
            prog=parser.prog,
            description=self.help,
            epilog=f"Example:\n  {self.example}" if self.example else None,
            formatter_class=HelpFormatter,
            parents=[parser],
            add_help=False,
            allow_abbrev=False,
        )

    def run_from_argv(self, argv: list[str]) -> None:
        self.stderr.style_func = None  # A sentence is read as well without colour.
        try:
            options = vars(self.create_parser(argv[0], argv[1]).parse_args(argv[2:]))
            if options["verbosity"] < VERBOSE:
                # The answer says what was done; a second account of it is for logs.
                logging.getLogger("releases").setLevel(logging.WARNING)
            self.execute(**options)
            self.stdout.flush()
        except CommandError as refusal:
            self._leave(str(refusal), refusal.returncode)
        except KeyboardInterrupt:
            self._leave("Interrupted.", INTERRUPTED)
        except BrokenPipeError:
            # Whoever read the answer has read enough, as `head` does. What is left in
            # the buffer would complain again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except (OperationalError, ProgrammingError) as error:
            if not (sentence := _about_the_database(error)):
                raise
            self._leave(sentence, 1)
        finally:
            connections.close_all()

    def execute(self, *args: str, **options: object) -> None:
        try:
            self.as_json = bool(options.pop("as_json", False))
            options["actor"] = acting_as(options.pop("as_email", None))
            super().execute(*args, **options)
        except OperationRefused as refusal:
            way_past = self.ways_past.get(refusal.code, "")
            raise CommandError(f"{refusal} {way_past}".rstrip()) from refusal

    def print(self, text: str = "") -> None:
        self.stdout.write(text)

    def answer(self, answer: Object | Sequence[Object], text: str) -> None:
        """Say the same to programs or to people, whoever asked."""
        if self.as_json:
            self.print_json(answer)
        else:
            self.print(text)

    def print_table(
        self,
        headings: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        shorten: Collection[str] = (),
    ) -> None:
        """Print rows under headings; those in `shorten` give way on a terminal."""
        places = [place for place, name in enumerate(headings) if name in shorten]
        self.print(aligned([headings, *rows], columns=self.columns, shorten=places))

    def print_json(self, answer: Object | Sequence[Object]) -> None:
        self.print(json.dumps(answer, indent=2))

    @property
    def columns(self) -> int | None:
        """The width to keep to, None where no terminal sets one."""
        if not self.stdout.isatty():
            return None
        return shutil.get_terminal_size().columns

    def _leave(self, sentence: str, status: int) -> None:
        self.stderr.write(sentence)
        sys.exit(status)


def acting_as(email: object) -> Actor:
    """Return the person who acts, or the system. Refuses who may not act any more."""
    if not email:
        return Actor.system()
    user = find_user(str(email))
    if not user.is_active:
        raise NotAllowed(f"{user} is deactivated and cannot act.")
    return Actor(user=user, source=Source.CLI)


def _about_the_database(error: OperationalError | ProgrammingError) -> str:
    """Say what is wrong around us; nothing where the mistake must be our own."""
    if isinstance(error, OperationalError):
        reason = next(iter(str(error).splitlines()), "").strip()
        return f"The database cannot be used now: {reason}"
    if not isinstance(error.__cause__, UndefinedTable | UndefinedColumn):
        return ""
    where = (
        "that DATABASE_URL names"
        if settings.DATABASE_URL
        else f"of {settings.ROLLBOOK_HOME}"
    )
    if connection.introspection.table_names():
        return f"The database {where} is not ready for this version; run `manage.py migrate`."
    return (
        f"The database {where} is empty: `bin/up` begins a Rollbook there. If yours is"
        " elsewhere, say where: `ROLLBOOK_HOME=/its/folder manage.py ...`, or DATABASE_URL"
        " where it has that."
    )
