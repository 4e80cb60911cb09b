"""What only a process of its own shows: what it says when all around it fails."""

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

MANAGE = Path(__file__).parents[3] / "manage.py"


def test_without_a_database_it_says_so_in_a_sentence_without_the_password() -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "ROLLBOOK_HOME": str(settings.ROLLBOOK_HOME),
        "DATABASE_URL": "postgresql://rollbook:s3cret@127.0.0.1:1/rollbook",
    }

    done = subprocess.run(
        [sys.executable, MANAGE, "apps"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The database cannot be used now: ")
    assert len(done.stderr.splitlines()) == 1
    assert "s3cret" not in done.stderr
