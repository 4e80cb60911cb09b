"""Real git repositories, with commits whose times and authors are fixed."""

import os
import shutil
import subprocess
from pathlib import Path

GIT = shutil.which("git") or "git"
ADA = {
    "GIT_AUTHOR_NAME": "Ada Lovelace",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Grace Hopper",
    "GIT_COMMITTER_EMAIL": "grace@example.com",
    "GIT_AUTHOR_DATE": "2026-03-01T10:00:00+01:00",
    "GIT_COMMITTER_DATE": "2026-03-02T10:00:00+01:00",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(path: Path, *arguments: str) -> str:
    """Run git in `path`, with no settings but those of the repository."""
    done = subprocess.run(
        [GIT, "-C", str(path), *arguments],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | ADA,
    )
    return done.stdout.strip()


def make_repository(path: Path, **files: str) -> Path:
    """Return a repository with one commit that holds `files`, or `app.py` by default."""
    path.mkdir()
    git(path, "init", "--quiet", "--initial-branch=main")
    commit(path, "First commit", **(files or {"app.py": "print(1)\n"}))
    return path


def commit(path: Path, title: str, **files: str) -> str:
    """Write `files`, commit everything there is, and return the commit's name."""
    for name, contents in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(contents, encoding="utf-8")
    git(path, "add", "--all")
    git(path, "commit", "--quiet", "--allow-empty", "--message", title)
    return git(path, "rev-parse", "HEAD")
