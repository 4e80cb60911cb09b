"""One file of a stored slug, by the path that its manifest has."""

import hashlib
import tarfile
from posixpath import normpath

from releases.slugs.manifest import FileEntry
from releases.slugs.storage import open_blob

# Trees may lie in this folder of the archive, which manifests leave away.
APP = "app/"


def read_file(blob: str, entry: FileEntry) -> bytes | None:
    """Return the contents of a file, reading the archive as far as it; None for none.

    Archives were refused as they came in unless each reader sees the same tree in them.
    """
    wanted = {entry.path, f"{APP}{entry.path}"}
    with (
        open_blob(blob) as stored,
        tarfile.open(fileobj=stored, mode="r|gz", errorlevel=2) as archive,
    ):
        for member in archive:
            if member.isreg() and normpath(member.name) in wanted:
                file = archive.extractfile(member)
                contents = file.read() if file and member.size == entry.size else b""
                if hashlib.sha256(contents).hexdigest() == entry.sha256:
                    return contents
    return None
