"""bin/environment, in a checkout of its own with nothing to install."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.machine.processes import ROOT

pytestmark = pytest.mark.machine


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "a checkout"
    for file in ("bin/environment", "dashboard/machine/environment.py"):
        (root / file).parent.mkdir(parents=True)
        shutil.copy(ROOT / file, root / file)
    (root / "requirements.txt").touch()
    return root


def run(checkout: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "bin" / "environment", "requirements.txt"],
        cwd="/",
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_interrupted_installation_is_made_anew_and_a_whole_one_kept(
    checkout: Path,
) -> None:
    # What a kill in the middle leaves: a program that is there, packages that are not.
    (checkout / ".venv.lock").write_text("unfinished")
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").symlink_to("/bin/true")
    shutil.copy(checkout / "requirements.txt", checkout / ".venv")

    made = run(checkout)
    kept = run(checkout)

    assert made.returncode == kept.returncode == 0
    assert "Installing" in made.stderr
    assert "Installing" not in kept.stderr
    python = checkout / ".venv" / "bin" / "python"
    assert subprocess.run([python, "-c", "import pip"], check=False).returncode == 0


@pytest.mark.parametrize(
    ("script", "missing"),
    [
        ("exit 1", "Python 3.11 or newer"),
        # Debian's Python without its venv package: new enough, and no ensurepip.
        (
            'case "$*" in *version_info*) exit 0 ;; *) exit 1 ;; esac',
            "Python's venv module",
        ),
    ],
)
def test_what_is_missing_is_named_with_the_command_that_installs_it(
    checkout: Path, script: str, missing: str
) -> None:
    programs = checkout / "programs"
    programs.mkdir()
    for name in ("cmp", "dirname", "sh"):
        (programs / name).symlink_to(shutil.which(name) or "")
    python = programs / "python3"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)

    refused = run(checkout, PATH=str(programs))

    assert refused.returncode == 1
    assert refused.stderr == (
        f"Rollbook needs {missing}: install it, on Debian with "
        "`apt-get install python3 python3-venv`.\n"
    )
