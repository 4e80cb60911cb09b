"""The code that the story deploys: repositories that grow as it goes on."""

import hashlib
import io
import os
import re
import shutil
import subprocess
from collections import deque
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from releases.actors import Actor
from releases.errors import OperationRefused
from releases.models import App, Slug
from releases.operations.receive_slug import receive_slug
from releases.queries import find_app
from releases.slugs.sources import open_source

HISTORIES = Path(__file__).with_name("histories")
# git format-patch begins each commit like this; the dates are the story's to give.
BEGINNING = f"From {'0' * 40} Mon Sep 17 00:00:00 2001\n"
SUBJECT = re.compile(r"^Subject: (.*(?:\n .*)*)", re.MULTILINE)
# All that is deployed together was written in this time.
WORK = timedelta(hours=2)


class Code:
    """The commits of one app, most of them still to come, in a git repository.

    Each is made when it is deployed or comes before what is. To change them: `git am`
    the history into an empty repository, rebase, and `git format-patch --root
    --keep-subject --zero-commit --stdout`, without the Date lines.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self._path = folder / name
        self._stored = folder / "stored"
        history = (HISTORIES / f"{name}.patch").read_text(encoding="utf-8")
        self._coming = deque(history.split(BEGINNING)[1:])
        self._path.mkdir(parents=True)
        self._git("init", "--quiet", "--template=")

    def commit(self, title: str, *, by: datetime) -> None:
        """Make the commits up to the one called `title`, the last just before `by`."""
        patches: list[str] = []
        while not patches or _title(patches[-1]) != title:
            patches.append(self._coming.popleft())
        step = WORK / (len(patches) + 1)
        mails = [
            f"{BEGINNING}Date: {format_datetime(by - step * number)}\n{patch}"
            for number, patch in zip(range(len(patches), 0, -1), patches, strict=True)
        ]
        self._git(
            *("-c", "gc.auto=0", "am", "--quiet", "--committer-date-is-author-date"),
            typed="".join(mails).encode(),
        )

    def receive(self, app: App, actor: Actor) -> Slug:
        """Take in the newest commit with those since the release that runs."""
        running = find_app(app.name, actor=actor).current_release.slug
        since = running.commit if running else ""
        with open_source(self._path, since=since) as source:
            archive = source.archive.read()
            self._note(archive)
            return receive_slug(
                app=app,
                archive=io.BytesIO(archive),
                commit=source.commit,
                commit_title=source.title,
                commit_author=source.author,
                base_commit=since if source.base_known else "",
                commits=[commit.stored() for commit in source.commits],
                commits_total=source.commits_total,
                actor=actor,
            )

    def _note(self, archive: bytes) -> None:
        """Write down what will be stored: should the story be cut off, no row tells it."""
        with self._stored.open("a", encoding="ascii") as stored:
            stored.write(f"{hashlib.sha256(archive).hexdigest()}\n")

    def _git(self, *arguments: str, typed: bytes = b"") -> None:
        git = Path(shutil.which("git") or "git")
        done = subprocess.run(
            [git, "-C", self._path, *arguments],
            check=False,
            capture_output=True,
            input=typed,
            # Nothing of whoever starts this: neither their name nor their hooks.
            env={
                "PATH": os.pathsep.join([str(git.parent), os.defpath]),
                "HOME": str(self._path),
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_COMMITTER_NAME": "Rollbook's demo",
                "GIT_COMMITTER_EMAIL": "demo@example.com",
            },
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise OperationRefused(f"git cannot make the demo's commits: {said}")


def _title(patch: str) -> str:
    found = SUBJECT.search(patch)
    return found[1].replace("\n ", " ") if found else ""
