#!/usr/bin/env python3
"""Runs a command with the Python of .venv, which need not be activated."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

PYTHON = Path(__file__).resolve().parent / ".venv" / "bin" / "python"


def main() -> None:
    if PYTHON.exists():
        if Path(sys.executable).parent.resolve() != PYTHON.parent.resolve():
            os.execv(PYTHON, [str(PYTHON), *sys.argv])  # noqa: S606  # no shell is wanted
    elif not find_spec("django"):
        sys.exit("Start `bin/up` first: it installs what this needs, in .venv.")
    from dashboard.machine import manage  # noqa: PLC0415  # it needs what is in .venv

    manage.main()


if __name__ == "__main__":
    main()
