"""Installs a lock file into .venv, once a version of it. bin/environment runs this.

It runs before anything is installed, so it knows the standard library alone.
"""

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
WORKS = "import pip, sys; sys.exit(sys.version_info < (3, 11))"


def main(requirements: Path) -> None:
    # Locked against a second start, and not empty while .venv is in the making.
    with (ROOT / ".venv.lock").open("a+", encoding="ascii") as state:
        fcntl.flock(state, fcntl.LOCK_EX)
        state.seek(0)
        unfinished = state.read() != ""
        if not unfinished and installed(requirements):
            return
        sys.stderr.write(f"Installing {requirements.name} into .venv.\n")
        if not unfinished:
            state.write("unfinished")
            state.flush()
        # What an interruption left looks whole to pip where it is not.
        if unfinished or not succeeds([PYTHON, "-I", "-c", WORKS]):
            shutil.rmtree(VENV, ignore_errors=True)
            require([sys.executable, "-I", "-m", "venv", VENV])
        pip = (PYTHON, "-I", "-m", "pip", "--disable-pip-version-check", "--quiet")
        require((*pip, "install", "--require-hashes", "--requirement", requirements))
        shutil.copyfile(requirements, VENV / requirements.name)
        state.truncate(0)


def installed(requirements: Path) -> bool:
    copy = VENV / requirements.name
    return copy.is_file() and copy.read_bytes() == requirements.read_bytes()


def succeeds(command: Sequence[str | Path]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def require(command: Sequence[str | Path]) -> None:
    if subprocess.run(command, check=False).returncode != 0:
        sys.exit("The Python environment could not be made; the lines above say why.")


if __name__ == "__main__":
    try:
        main(ROOT / sys.argv[1])
    except OSError as error:
        sys.exit(f"The Python environment could not be made: {error}.")
