"""Measuring in a process of its own: python -m tests.bench.child WHAT ARGUMENT..."""

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.bench.process import die_quietly, set_up_django

PEAK_UNIT = 1 if sys.platform == "darwin" else 1024


class Measured(NamedTuple):
    """How many seconds each part took, and the process's peak memory in bytes."""

    seconds: Sequence[float]
    peak: int


def in_child(what: str, *arguments: str | Path) -> Measured:
    """Do `what`, one of those in tests.bench.children, in a process of its own."""
    # A process inherits the peak of the one that it was forked from: a shell's is small.
    shell = ("/bin/sh", "-c", '"$@"; exit $?', "sh")
    command = (sys.executable, "-m", "tests.bench.child", what, *arguments)
    done = subprocess.run((*shell, *command), stdout=subprocess.PIPE, check=True)
    return Measured(*json.loads(done.stdout))


def main(what: str, *arguments: str) -> None:
    die_quietly()
    set_up_django()
    from tests.bench.children import CHILDREN  # noqa: PLC0415  # after the setup

    seconds = CHILDREN[what](*arguments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * PEAK_UNIT
    json.dump(Measured(seconds, peak), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
