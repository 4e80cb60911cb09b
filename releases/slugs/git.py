"""Asking git about a repository, without it asking anyone or running what config says."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from releases.slugs.errors import SlugRefused, shown

CHUNK = 256 * 1024
COMMITS_LISTED = 500
MODULES_NAMED = 5

# What a repository's own config could make git run, fetch, or say otherwise.
SETTINGS = {
    "core.fsmonitor": "false",
    "core.quotePath": "false",
    "i18n.logOutputEncoding": "UTF-8",
    "log.showSignature": "false",
    "protocol.allow": "never",
    "tar.umask": "0022",
}
# Filters: checked out files may be made by commands, Git LFS or git-crypt for two.
FILTERS = r"^filter\..*\.(clean|smudge|process|required)$"
COMMIT_FORMAT = "%H%x00%s%x00%an <%ae>%x00%cI"
COMMIT_FIELDS = 4
SUBMODULE = re.compile(rb"(?:^|\0)160000 commit [0-9a-f]+\t([^\0]+)")


@dataclass(frozen=True)
class Commit:
    """A commit as git tells it; `committed_at` is None where its time is no time."""

    sha: str
    title: str
    author: str
    committed_at: datetime | None

    def stored(self) -> dict[str, str]:
        """Return what a slug keeps of it."""
        return {"sha": self.sha, "title": self.title, "author": self.author}


class Repository:
    """A git repository, bare or not, or a worktree of one. Only ever read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        found = shutil.which("git")
        if found is None:
            raise SlugRefused(f"{path} is a git repository, and git is not installed.")
        self._command = [found, "--no-pager", "-C", str(path)]
        self._environment = {
            "PATH": os.pathsep.join([str(Path(found).parent), os.defpath]),
            "HOME": str(Path.home()),
            "LC_ALL": "C",
            # A broken repository must not turn out to be the one around it.
            "GIT_CEILING_DIRECTORIES": str(path.absolute().parent),
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
        }
        filters = self._ask("config", "--null", "--name-only", "--get-regexp", FILTERS)
        unfiltered = {
            key: "false" if key.endswith(".required") else ""
            for key in filters.stdout.decode(errors="replace").split("\0")
            if key
        }
        if any("=" in key for key in unfiltered):
            raise SlugRefused(f'{path} has a git filter with "=" in its name.')
        for key, value in (SETTINGS | unfiltered).items():
            self._command += ["-c", f"{key}={value}"]

    @staticmethod
    def is_at(path: Path) -> bool:
        bare = (path / "HEAD").is_file() and (path / "objects").is_dir()
        return (path / ".git").exists() or (bare and (path / "refs").is_dir())

    def resolve(self, ref: str) -> str:
        """Return the full name of the commit that `ref` names."""
        found = self._find(ref)
        if found:
            return found
        if not self._say("rev-list", "--max-count=1", "--all"):
            raise SlugRefused(f"{self.path} has no commits yet.")
        hint = (
            " This clone is shallow: it lacks older ones." if self.is_shallow() else ""
        )
        raise SlugRefused(
            f"{self.path} has no branch, tag or commit {shown(os.fsencode(ref))}.{hint}"
        )

    def commit(self, sha: str) -> Commit:
        return self._log("--max-count=1", sha)[0]

    def commits_since(self, base: str, sha: str) -> tuple[list[Commit], int] | None:
        """Return the newest commits after `base` and how many there are, or None.

        None is for a base that is unknown here, or from which `sha` does not descend.
        """
        known = self._find(base) if base else ""
        if not known or self._ask("merge-base", "--is-ancestor", known, sha).returncode:
            return None
        between = f"{known}..{sha}"
        total = int(self._say("rev-list", "--count", between, "--"))
        return self._log(f"--max-count={COMMITS_LISTED}", between), total

    def is_shallow(self) -> bool:
        return self._say("rev-parse", "--is-shallow-repository") == "true"

    def warnings(self, sha: str) -> Iterator[str]:
        """Give what someone may expect in the archive of a commit that is not there."""
        tree = self._must("ls-tree", "-r", "-z", "--full-tree", sha)
        if modules := [shown(path) for path in SUBMODULE.findall(tree)]:
            more = len(modules) - MODULES_NAMED
            named = ", ".join(modules[:MODULES_NAMED])
            rest = f" and {more} more" if more > 0 else ""
            yield f"Submodules are not included: {named}{rest}."
        attributes = ":(glob)**/.gitattributes"
        search = ("grep", "--quiet", "--fixed-strings", "-e", "filter=lfs", sha)
        if self._ask(*search, "--", attributes).returncode == 0:
            yield "Files kept in Git LFS are included as pointers, not as their contents."
        if self._has_changes(sha):
            yield "Uncommitted changes are not included."

    @contextmanager
    def archive(self, sha: str, *, prefix: str) -> Iterator[Iterator[bytes]]:
        """Open the tree of a commit as a tar, in pieces."""
        command = ["archive", "--format=tar", f"--prefix={prefix}", sha]
        with (
            tempfile.TemporaryFile() as said,
            subprocess.Popen(
                [*self._command, *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
                env=self._environment,
            ) as process,
        ):

            def pieces() -> Iterator[bytes]:
                while process.stdout and (piece := process.stdout.read(CHUNK)):
                    yield piece
                if process.wait():
                    said.seek(0)
                    raise self._failed(said.read(CHUNK))

            try:
                yield pieces()
            finally:
                process.kill()

    def _find(self, ref: str) -> str:
        if ref.startswith("-") or "\0" in ref:
            return ""
        wanted = f"{ref}^{{commit}}"
        asked = self._ask(
            "rev-parse", "--verify", "--quiet", "--end-of-options", wanted
        )
        return asked.stdout.decode("ascii").strip() if asked.returncode == 0 else ""

    def _log(self, *arguments: str) -> list[Commit]:
        told = self._must("log", "-z", f"--format={COMMIT_FORMAT}", *arguments, "--")
        fields = told.decode(errors="replace").split("\0")
        return [
            _commit(fields[start : start + COMMIT_FIELDS])
            for start in range(0, len(fields) - COMMIT_FIELDS + 1, COMMIT_FIELDS)
        ]

    def _has_changes(self, sha: str) -> bool:
        """Whether the folder has more than the commit it has checked out, if `sha` is it."""
        if self._say("rev-parse", "--is-inside-work-tree") != "true":
            return False
        status = ("status", "--porcelain", "--ignore-submodules=all")
        return sha == self._find("HEAD") and bool(self._must(*status))

    def _say(self, *arguments: str) -> str:
        return self._must(*arguments).decode(errors="replace").strip()

    def _must(self, *arguments: str) -> bytes:
        asked = self._ask(*arguments)
        if asked.returncode:
            raise self._failed(asked.stderr)
        return asked.stdout

    def _ask(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        asked = subprocess.run(
            [*self._command, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=self._environment,
            check=False,
        )
        if b"dubious ownership" in asked.stderr or b"unsafe repository" in asked.stderr:
            raise SlugRefused(
                f"{self.path} belongs to another user, so git does not trust it; if you"
                f" do, run: git config --global --add safe.directory {self.path.absolute()}"
            )
        return asked

    def _failed(self, stderr: bytes) -> SlugRefused:
        said = stderr.decode(errors="replace").strip().splitlines() or [
            "no reason given"
        ]
        reason = said[-1].removeprefix("fatal: ").rstrip(".")
        return SlugRefused(f"git cannot read {self.path}: {reason}.")


def _commit(fields: Sequence[str]) -> Commit:
    sha, title, author, time = fields
    try:
        committed_at = datetime.fromisoformat(time)
    except ValueError:
        committed_at = None
    return Commit(sha.strip(), title, author, committed_at)
