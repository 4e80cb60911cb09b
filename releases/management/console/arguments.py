"""How the commands read what is typed."""

import argparse
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from django.core.management.base import (
    CommandError,
    CommandParser,
    DjangoHelpFormatter,
)

from releases.models import Release
from releases.models.release import version_in

Scope = Release.Scope
UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


class HelpFormatter(DjangoHelpFormatter):
    """Wraps every text but the examples, whose lines stay as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text:
            return text
        return super()._fill_text(text, width, indent)


class Parser(CommandParser):
    """Options may stand anywhere among the arguments.

    A mistake is refused with a sentence that never repeats an argument: a misplaced one
    may be a secret.
    """

    def parse_args(  # type: ignore[override]  # no namespace is ever given
        self, args: Sequence[str] | None = None, namespace: None = None
    ) -> argparse.Namespace:
        options, unknown = self.parse_known_intermixed_args(args, namespace)
        option = next((text for text in unknown if text.startswith("-")), None)
        if option:
            self.error(f"there is no option {option.partition('=')[0]}")
        if unknown:
            self.error(f"too many arguments, by {len(unknown)}")
        return options

    def error(self, message: str) -> NoReturn:
        sentence = message[:1].upper() + message[1:].rstrip(".")
        raise CommandError(f"{sentence}; `{self.prog} --help` says more.")


def version(text: str) -> int:
    """Read a release's version, with or without its v."""
    found = version_in(text)
    if found is None:
        raise argparse.ArgumentTypeError("a version is written like v12")
    return found


def count(text: str) -> int:
    """Read how many rows to show."""
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text):
        raise argparse.ArgumentTypeError("a number from 1 to 999999 is needed")
    return int(text)


def moment(text: str) -> datetime:
    """Read a time; one without a zone is in UTC."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            "a time is written like 2026-11-23T14:20, in UTC unless it names its zone"
        ) from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def lifetime(text: str) -> timedelta:
    """Read how long something lasts; a number without a unit counts days."""
    match = re.fullmatch(r"([1-9][0-9]{0,8})([dhms]?)", text)
    if match is None:
        raise argparse.ArgumentTypeError(
            "a time is written like 90d, 12h or 3600s; a number alone counts days"
        )
    return timedelta(**{UNITS[match[2] or "d"]: int(match[1])})


def add_app(parser: CommandParser, text: str = "The app's name.") -> None:
    parser.add_argument("app_name", metavar="APP", help=text)


def add_limit(parser: CommandParser, shown: int, *names: str) -> None:
    """Add how many of the newest are shown, `-n` or one of `names`."""
    parser.add_argument(
        "-n",
        *names,
        dest="limit",
        metavar="NUMBER",
        type=count,
        default=shown,
        help=f"How many; {shown} unless you say.",
    )


def add_version(parser: CommandParser, text: str, *, required: bool = False) -> None:
    parser.add_argument(
        "version",
        metavar="VERSION",
        type=version,
        nargs=None if required else "?",
        help=text,
    )


def add_reason(parser: CommandParser, text: str) -> None:
    parser.add_argument("--reason", metavar="TEXT", default="", help=text)


def add_scope(parser: CommandParser) -> None:
    parser.add_argument(
        "--scope",
        choices=Scope.values,
        default=Scope.EVERYTHING.value,
        help="What goes back: everything, which is the default, code or config.",
    )
