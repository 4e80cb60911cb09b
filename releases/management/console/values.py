"""Config values as they are typed, piped or read from a file. No error quotes one."""

import sys
from collections.abc import Sequence
from getpass import getpass
from pathlib import Path
from typing import BinaryIO

from django.core.management.base import CommandError, CommandParser

from releases.dotenv import read_env
from releases.management.console.words import size

FROM_INPUT = "-"
INPUT_LIMIT = 64 * 1024 * 1024


def add_values(parser: CommandParser, metavar: str, text: str) -> None:
    parser.add_argument(
        "pairs",
        metavar=metavar,
        nargs="*",
        help=f"{text} Other users of this machine may see the command line while it runs:"
        " for secrets, NAME=- asks at a terminal, or reads standard input to its end,"
        " without the line break that ends it.",
    )
    parser.add_argument(
        "--file",
        metavar="FILE",
        help="Set what this .env file says, - for standard input. Nothing is expanded in"
        " it.",
    )


def given_values(pairs: Sequence[str], file: str | None) -> dict[str, str]:
    """Return the values by name, from the pairs and the file together."""
    values = _split(pairs)
    asked = [name for name, value in values.items() if value == FROM_INPUT]
    if len(asked) + (file == FROM_INPUT) > 1 and not sys.stdin.isatty():
        raise CommandError("Standard input can be read once only.")
    for name in asked:
        values[name] = _asked_for(name)
    if file is None:
        return values
    read = read_env(_decoded(_input() if file == FROM_INPUT else _bytes_of(file)))
    twice = sorted(values.keys() & read.keys())
    if twice:
        raise CommandError(f"{twice[0][:60]} is given twice, here and in the file.")
    return values | read


def _split(pairs: Sequence[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise CommandError(
                "An argument is no NAME=VALUE; is there a space too many?"
            )
        if name in values:
            raise CommandError(f"{name[:60]} is given twice.")
        values[name] = value
    return values


def _asked_for(name: str) -> str:
    if sys.stdin.isatty():
        return getpass(f"{name[:60]}: ")
    text = _decoded(_input())
    # What prints a line ends it, and hardly anyone means that line break.
    return text.removesuffix("\n").removesuffix("\r")


def _input() -> bytes:
    return _bounded(sys.stdin.buffer)


def _bytes_of(file: str) -> bytes:
    try:
        with Path(file).open("rb") as stream:
            return _bounded(stream)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error


def _bounded(stream: BinaryIO) -> bytes:
    content = stream.read(INPUT_LIMIT + 1)
    if len(content) > INPUT_LIMIT:
        raise CommandError(f"More than {size(INPUT_LIMIT)} are no config values.")
    return content


def _decoded(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        # Not chained: the error holds the bytes.
        raise CommandError("The values are not UTF-8 text.") from None
