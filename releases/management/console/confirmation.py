"""What only a person at a terminal is asked."""

import sys
from getpass import getpass

from releases.errors import OperationRefused


def typed(question: str) -> str:
    """Return what the person at the terminal types, nothing where there is none."""
    if not sys.stdin.isatty():
        return ""
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def typed_in_secret(question: str) -> str:
    """Return what is typed without showing it, or the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return getpass(question)


def chosen_password() -> str:
    """Ask for a new password, twice at a terminal."""
    password = typed_in_secret("Password: ")
    if sys.stdin.isatty() and getpass("The same again: ") != password:
        raise OperationRefused("The two passwords differ; nothing was done.")
    return password
