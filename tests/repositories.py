"""Git repositories made by tests, with commits that say what changed."""

import io
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

GIT = shutil.which("git") or "git is not installed"
# Nothing of the machine's own configuration, and a clock that stands still.
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": str(Path(__file__).with_name("gitconfig")),
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_AUTHOR_DATE": "2026-11-20T12:00:00Z",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
    "GIT_COMMITTER_DATE": "2026-11-20T12:00:00Z",
}


@dataclass(frozen=True)
class Repository:
    path: Path

    def git(self, *arguments: str, typed: bytes = b"") -> bytes:
        return subprocess.run(
            [GIT, "-C", self.path, *arguments],
            check=True,
            capture_output=True,
            input=typed,
            env=ENVIRONMENT,
        ).stdout

    def commit(self, title: str, files: Mapping[str, str | None]) -> str:
        """Write `files`, remove those that are None, commit, and return the commit."""
        for name, text in files.items():
            file = self.path / name
            if text is None:
                file.unlink()
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", title)
        return self.git("rev-parse", "HEAD").decode().strip()

    def files(self, commit: str) -> dict[str, bytes]:
        """Return what a commit holds, by path, as `git show` shows each."""
        listed = self.git("ls-tree", "-r", "-z", "--name-only", commit).split(b"\0")
        paths = [path.decode() for path in listed if path]
        wanted = "".join(f"{commit}:{path}\n" for path in paths)
        shown = io.BytesIO(self.git("cat-file", "--batch", typed=wanted.encode()))
        found = {}
        for path in paths:
            size = int(shown.readline().split()[2])
            found[path] = shown.read(size)
            shown.read(1)
        return found


def make_repository(path: Path) -> Repository:
    repository = Repository(path)
    path.mkdir(parents=True)
    repository.git("init", "--quiet", "--initial-branch=main")
    return repository
