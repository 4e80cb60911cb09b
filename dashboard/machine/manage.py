"""What manage.py does: runs a command, beside the embedded database if need be."""

import os
import sys
import warnings
from contextlib import AbstractContextManager, nullcontext

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from dashboard.machine.errors import CannotStart
from dashboard.postgres.server import running

WITHOUT_DATABASE = {
    "check",
    "collectstatic",
    "diffsettings",
    "findstatic",
    "help",
    "makemigrations",
    "sqlmigrate",
    "version",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    # All that a makemigrations without a database cannot do.
    warnings.filterwarnings("ignore", "Got an error checking a consistent migration")
    try:
        with database(sys.argv):
            execute_from_command_line(sys.argv)
    except (CannotStart, ImproperlyConfigured) as refusal:
        sys.exit(str(refusal))


def database(argv: list[str]) -> AbstractContextManager[None]:
    """Have the embedded database run, for a command that may need one."""
    helps = not {"-h", "--help", "--version"}.isdisjoint(argv)
    if helps or len(argv) == 1 or argv[1] in WITHOUT_DATABASE:
        return nullcontext()
    return nullcontext() if settings.DATABASE_URL else running(settings.ROLLBOOK_HOME)
