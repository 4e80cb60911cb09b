import signal
import sys
from types import FrameType

from django.core.management.base import BaseCommand, CommandError

from runtime.local.driver import LocalDriver
from runtime.local.lock import only_one
from runtime.reconciler import Reconciler


class Command(BaseCommand):
    help = (
        "Run the apps on this machine: make what runs what should run, until told to"
        " stop. bin/up starts this by itself; what it started runs on without it."
    )

    def handle(self, **_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _end)
        with only_one() as is_only:
            if not is_only:
                raise CommandError("The apps of this ROLLBOOK_HOME are run already.")
            Reconciler(LocalDriver()).run()


def _end(_number: int, _frame: FrameType | None) -> None:
    # In the middle of anything: it may be killed anywhere, too.
    sys.exit(0)
