"""What a person names to deploy from, as a slug archive with what is known of it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from releases.slugs.errors import SlugRefused, shown
from releases.slugs.git import Commit, Repository
from releases.slugs.packing import TOP, folder_as_tar, gzipped
from releases.slugs.unzipped import GZIP_MAGIC

HEAD = "HEAD"


@dataclass(frozen=True)
class Source:
    """A `.tar.gz` to read to its end, and its commit if it comes from git.

    `commits` are the newest of those since the commit asked for, `commits_total` says
    how many there are; `base_known` is False where that commit was not found before
    this one. `warnings` are complete once the archive has been read.
    """

    archive: BinaryIO
    commit: str = ""
    title: str = ""
    author: str = ""
    committed_at: datetime | None = None
    commits: Sequence[Commit] = ()
    commits_total: int = 0
    base_known: bool = False
    warnings: list[str] = field(default_factory=list)


@contextmanager
def open_source(path: Path, *, ref: str = HEAD, since: str = "") -> Iterator[Source]:
    """Open a git repository at `ref`, a folder, or a `.tar.gz` file as it is.

    `since` is the commit from which on a repository's commits are listed. Raises
    SlugRefused for anything else, and for what git cannot give.
    """
    try:
        is_repository = Repository.is_at(path)
        is_folder = path.is_dir()
        exists = path.exists()
    except OSError as error:
        raise SlugRefused(f"{path} cannot be read: {error.strerror}.") from error
    if not exists:
        raise SlugRefused(f"There is no file or folder {path}.")
    if ref != HEAD and not is_repository:
        raise SlugRefused(
            f"{path} is no git repository, so there is no {shown(os.fsencode(ref))} in it."
        )
    if is_repository:
        with _repository(path, ref, since) as source:
            yield source
    elif is_folder:
        warnings: list[str] = []
        archive = gzipped(folder_as_tar(path, warnings))
        yield Source(archive, warnings=warnings)
    else:
        with _open_archive(path) as archive:
            yield Source(archive)


@contextmanager
def _repository(path: Path, ref: str, since: str) -> Iterator[Source]:
    repository = Repository(path)
    sha = repository.resolve(ref)
    commit = repository.commit(sha)
    listed = repository.commits_since(since, sha)
    commits, total = listed or ([], 0)
    warnings = list(repository.warnings(sha))
    if since and listed is None and repository.is_shallow():
        warnings.append(
            f"This clone is shallow, so the commits since {since[:7]} are not known;"
            " `git fetch --unshallow` gets them."
        )
    with repository.archive(sha, prefix=TOP) as tar:
        yield Source(
            gzipped(tar),
            commit=commit.sha,
            title=commit.title,
            author=commit.author,
            committed_at=commit.committed_at,
            commits=commits,
            commits_total=total,
            base_known=listed is not None,
            warnings=warnings,
        )


def _open_archive(path: Path) -> BinaryIO:
    if not path.is_file():
        raise SlugRefused(f"{path} is neither a folder nor a file.")
    try:
        archive = path.open("rb")
    except OSError as error:
        raise SlugRefused(f"{path} cannot be read: {error.strerror}.") from error
    if not archive.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC):
        archive.close()
        raise SlugRefused(
            f"{path} is not compressed with gzip; a slug is a .tar.gz file,"
            " a folder or a git repository."
        )
    return archive
