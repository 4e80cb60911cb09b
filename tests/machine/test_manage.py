"""manage.py as it is typed in a new shell, in Rollbook's folder."""

import subprocess
import sys
from pathlib import Path

from tests.machine.processes import ROOT, manage


def test_it_needs_no_activated_environment() -> None:
    done = subprocess.run(
        ["./manage.py", "version"],  # as it is typed
        cwd=ROOT,
        env={"PATH": f"{sys.base_prefix}/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("5.2")


def test_without_an_environment_it_says_what_makes_one(tmp_path: Path) -> None:
    (tmp_path / "manage.py").write_bytes((ROOT / "manage.py").read_bytes())
    bare = Path(sys.base_prefix) / "bin" / "python3"

    done = subprocess.run(
        [bare, "-I", tmp_path / "manage.py", "apps"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("Start `bin/up` first")


def test_in_an_empty_home_it_names_the_home_and_the_way_to_another(home: Path) -> None:
    done = manage(home, "apps")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"The database of {home} is empty: `bin/up` begins")
    assert "ROLLBOOK_HOME=/its/folder manage.py" in done.stderr
    assert "migrate" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_database_of_an_earlier_version_is_to_be_migrated(home: Path) -> None:
    manage(home, "migrate", "releases", "0001", "--verbosity=0")

    done = manage(home, "apps")

    assert done.stderr == (
        f"The database of {home} is not ready for this version; run"
        " `manage.py migrate`.\n"
    )
