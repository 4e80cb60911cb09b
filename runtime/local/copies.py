"""Code on the disk: unpacked once, and a copy for each process, which may write to it.

Nothing has its name before it is complete: what is cut off lies among the drafts or the
rubbish, and is removed at the next start. Processes can enter their own homes, no more.
"""

import logging
import os
import shutil
import subprocess
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from uuid import UUID, uuid4

from releases.errors import OperationRefused
from releases.slugs.storage import open_blob
from releases.slugs.unpack import unpack

logger = logging.getLogger(__name__)

PRIVATE, PASSABLE = 0o700, 0o711
AT_ONCE = 4


@dataclass(frozen=True)
class Preparation:
    """A home in the making, of the code of `blob`."""

    blob: str
    job: "Future[None]"


class Copies:
    """Copies of code, each the home of a process, owned by the user that runs it."""

    def __init__(self, folder: Path) -> None:
        self._unpacked = folder / "unpacked"
        self._spares = folder / "spares"
        self._homes = folder / "homes"
        self._drafts = folder / "drafts"
        self._rubbish = folder / "rubbish"
        for each in (self._unpacked, self._spares, self._drafts, self._rubbish):
            each.mkdir(mode=PRIVATE, exist_ok=True)
        self._homes.mkdir(exist_ok=True)
        self._homes.chmod(PASSABLE)
        self._workers = ThreadPoolExecutor(AT_ONCE)
        self._preparations: dict[UUID, Preparation] = {}
        self._fillings: dict[str, Future[None]] = {}
        self._locks: dict[str, Lock] = {}
        for left in (*self._drafts.iterdir(), *self._rubbish.iterdir()):
            self._discard(left)

    def home(self, process_id: UUID) -> Path:
        return self._homes / str(process_id)

    def is_prepared(self, process_id: UUID, blob: str, user: int) -> bool:
        """Whether a process has its home; if not, it is made in the background.

        Raises OperationRefused for code that cannot be had.
        """
        if self.home(process_id).exists():
            self._preparations.pop(process_id, None)
            return True
        preparation = self._preparations.get(process_id)
        if preparation is None:
            if self._take_spare(process_id, blob, user):
                return True
            job = self._workers.submit(self._prepare, process_id, blob, user)
            self._preparations[process_id] = Preparation(blob, job)
        elif preparation.job.done():
            del self._preparations[process_id]
            preparation.job.result()
        return False

    def remove(self, process_id: UUID) -> None:
        """Remove the home of a process that is gone."""
        preparation = self._preparations.pop(process_id, None)
        if preparation:
            preparation.job.cancel()
        self._discard(self.home(process_id))

    def keep_ready(
        self,
        wanted: Mapping[str, int],
        *,
        in_use: Collection[str],
        processes: Collection[UUID],
    ) -> None:
        """Keep so many spare copies of code; besides only what processes are, and run."""
        preparing = {each.blob for each in self._preparations.values()}
        kept = {*wanted, *in_use, *preparing}
        for tree in (*self._unpacked.iterdir(), *self._spares.iterdir()):
            if tree.name.partition(".")[0] not in kept:
                self._discard(tree)
        known = {str(each) for each in (*processes, *self._preparations)}
        for home in self._homes.iterdir():
            if home.name not in known:
                self._discard(home)
        for blob, number in wanted.items():
            self._fill_up(blob, number)

    def _take_spare(self, process_id: UUID, blob: str, user: int) -> bool:
        """Make a spare copy the home of a process, if there is one of its user's."""
        for spare in self._spares_of(blob):
            # Unless a worker was quicker.
            with suppress(FileNotFoundError):
                if spare.stat().st_uid == user:
                    spare.rename(self.home(process_id))
                    return True
        return False

    def _prepare(self, process_id: UUID, blob: str, user: int) -> None:
        with _refusing():
            with self._lock(blob):
                tree = self._tree(blob)
                if tree.stat().st_uid == os.geteuid():
                    # Nobody's yet: who runs it first will run it again, mostly.
                    hand_over(tree, user)
            with self._draft() as draft:
                if not self._take_spare_as(draft, blob):
                    self._copy(blob, draft)
                hand_over(draft, user)
                draft.rename(self.home(process_id))

    def _fill_up(self, blob: str, number: int) -> None:
        filling = self._fillings.get(blob)
        if filling and not filling.done():
            return
        missing = max(0, number - len(self._spares_of(blob)))
        if missing or not (self._unpacked / blob).exists():
            self._fillings[blob] = self._workers.submit(self._fill, blob, missing)

    def _fill(self, blob: str, missing: int) -> None:
        try:
            with self._lock(blob):
                self._tree(blob)
            for _ in range(missing):
                with self._draft() as draft:
                    self._copy(blob, draft)
                    draft.rename(self._spares / f"{blob}.{uuid4().hex}")
        except Exception:
            # Who needs it for a process is told; this was ahead of that.
            logger.exception("Cannot keep a copy of %s ready.", blob[:12])

    def _spares_of(self, blob: str) -> list[Path]:
        return list(self._spares.glob(f"{blob}.*"))

    def _take_spare_as(self, draft: Path, blob: str) -> bool:
        for spare in self._spares_of(blob):
            with suppress(FileNotFoundError):
                spare.rename(draft)
                return True
        return False

    def _copy(self, blob: str, draft: Path) -> None:
        with self._lock(blob):
            # A program of its own: thousands of files keep the interpreter from all else.
            _run("cp", "-RPp", str(self._tree(blob)), str(draft))

    @contextmanager
    def _draft(self) -> Iterator[Path]:
        """Name a place to make a tree at, and to move it from; what stays is discarded.

        A disk that is full would get no emptier by trying again.
        """
        draft = self._drafts / uuid4().hex
        try:
            yield draft
        finally:
            self._discard(draft)

    def _tree(self, blob: str) -> Path:
        """Return unpacked code, of which nobody but us knows. Its lock is ours."""
        tree = self._unpacked / blob
        if not tree.exists():
            with self._draft() as draft:
                draft.mkdir(mode=PRIVATE)
                with open_blob(blob) as stored:
                    unpack(stored, draft, sha256=blob)
                draft.chmod(PRIVATE)
                draft.rename(tree)
        return tree

    def _lock(self, blob: str) -> Lock:
        return self._locks.setdefault(blob, Lock())

    def _discard(self, tree: Path) -> None:
        aside = self._rubbish / uuid4().hex
        with suppress(FileNotFoundError):
            tree.rename(aside)
            self._workers.submit(delete, aside)


def hand_over(tree: Path, user: int) -> None:
    """Give a tree to a user, the folder that tells whose it is last of all."""
    if tree.stat().st_uid != user:
        _run("chown", "-Rh", f"{user}:{user}", str(tree))


def delete(tree: Path) -> None:
    shutil.rmtree(tree, ignore_errors=True)
    if tree.exists():
        # A plain user cannot remove what is in folders that may not be written to.
        with suppress(OSError):
            _run("chmod", "-R", "u+rwX", str(tree))
        shutil.rmtree(tree, ignore_errors=True)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{command[0]}: {done.stderr.strip()[:200]}")


@contextmanager
def _refusing() -> Iterator[None]:
    """Say in a sentence why code cannot be put in place, whatever store it comes from."""
    try:
        yield
    except OperationRefused:
        raise
    except Exception as error:
        logger.exception("Cannot put code in place.")
        raise OperationRefused(
            f"The code could not be put in place: {error}."
        ) from error
