"""Homes for tests: in the temporary folder, gone afterwards."""

import tempfile
from pathlib import Path


def make_home() -> Path:
    """Return a new home whose database and router stay beside it, also for root.

    Its parent is what to remove. Those two root runs as another user, who may pass
    through the parent but not enter the home.
    """
    parent = Path(tempfile.mkdtemp(prefix="rollbook-tests-")).resolve()
    parent.chmod(0o711)
    home = parent / "home"
    home.mkdir(mode=0o700)
    for name in ("postgres", "router"):
        (home / name).symlink_to(parent / name)
    return home
