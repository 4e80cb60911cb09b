"""Homes for tests: in the temporary folder, gone afterwards."""

import tempfile
from pathlib import Path


def make_home() -> Path:
    """Return a new home whose database, router and code stay beside it, also for root.

    Its parent is what to remove. What root has others run may pass through the parent but
    not enter the home.
    """
    parent = Path(tempfile.mkdtemp(prefix="rollbook-tests-")).resolve()
    parent.chmod(0o711)
    home = parent / "home"
    home.mkdir(mode=0o700)
    for name in ("postgres", "router"):
        (home / name).symlink_to(parent / name)
    (home / "runtime").mkdir(mode=0o700)
    (home / "runtime" / "code").symlink_to(parent / "code")
    return home
