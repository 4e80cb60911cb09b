"""The tree an archive would unpack to, and every reason not to let it.

Links are judged one at a time, as they come, by a rule that holds for any number of
them: a target goes up only at its start, and no higher than the root, from a folder
that is a real one, for nothing may lie below a link. However many links a path then
passes through, each step goes down from a real folder or up within the tree, so none
leaves it, whatever order the members come in.
"""

import re
import struct
from collections.abc import Iterator
from enum import StrEnum

from releases.slugs.errors import SlugRefused, shown
from releases.slugs.limits import Limits
from releases.slugs.manifest import FileEntry
from releases.slugs.tar import Kind, Member

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
LINK_MODE = 0o777
ROOT, APP, IN_APP = b"", b"app", b"app/"

# What is kept of each node: a quarter of a million of them have to fit in memory.
NAMED_FOLDER, IMPLIED_FOLDER = b"D", b"d"
FOLDERS = (NAMED_FOLDER, IMPLIED_FOLDER)
LINK, FILE = b"l", b"f"
FILE_NODE = struct.Struct(">c32sQH")


class Layout(StrEnum):
    """Whether the tree is the archive's, or what it has under `./app`, as on Heroku."""

    HEROKU = "heroku"
    PLAIN = "plain"


class Tree:
    """What the members seen so far add up to."""

    def __init__(self, limits: Limits) -> None:
        self.file_count = 0
        self.unpacked_size = 0
        self._limits = limits
        self._room_for_paths = limits.paths
        self._nodes: dict[bytes, bytes] = {ROOT: IMPLIED_FOLDER}
        self._all_in_app = True
        self._link_out_of_app = b""

    def place(self, member: Member) -> bytes:
        """Give `member` its place and return its path; a file's contents follow."""
        path = self._clean(member.name)
        node = self._nodes.get(path)
        if member.kind is Kind.FOLDER:
            if node not in (None, IMPLIED_FOLDER):
                raise _twice(member.name)
            self._make_folders(path, member.name)
            self._nodes[path] = NAMED_FOLDER
            return path
        if node is not None:
            raise _twice(member.name)
        self._make_folders(path.rpartition(b"/")[0], member.name)
        self._put(path, self._node(path, member))
        self.file_count += 1
        return path

    def fill(self, path: bytes, member: Member, digest: bytes) -> None:
        """Note what the contents of a placed file were."""
        self._nodes[path] = FILE_NODE.pack(FILE, digest, member.size, member.mode)

    def layout(self) -> Layout:
        in_app = self._all_in_app and self._nodes.get(APP) in FOLDERS
        return Layout.HEROKU if in_app else Layout.PLAIN

    def entries(self) -> Iterator[FileEntry]:
        """Give the files and links of the finished tree, sorted by path."""
        if not self.file_count:
            raise SlugRefused("The archive holds no files.")
        above = 0
        if self.layout() is Layout.HEROKU:
            above = len(IN_APP)
            if self._link_out_of_app:
                raise _leaves(self._link_out_of_app)
        for path in sorted(self._nodes):
            node = self._nodes[path]
            name = path[above:].decode()
            if node.startswith(LINK):
                yield FileEntry(name, LINK_MODE, 0, "", node[len(LINK) :].decode())
            elif node.startswith(FILE):
                _, digest, size, mode = FILE_NODE.unpack(node)
                yield FileEntry(name, mode, size, digest.hex())

    def _node(self, path: bytes, member: Member) -> bytes:
        if member.kind is Kind.SYMLINK:
            self._check_target(path, member)
            return LINK + member.link
        if member.kind is Kind.FILE:
            self._unpack(member.size, member.name)
            return FILE
        linked = self._nodes.get(self._clean(member.link), b"")
        if not linked.startswith(FILE):
            raise SlugRefused(
                f"{shown(member.name)} is a hard link to {shown(member.link)},"
                " which is no file before it in the archive."
            )
        # A second name costs no disk, but whoever copies the tree copies it twice.
        self._unpack(FILE_NODE.unpack(linked)[2], member.name)
        return linked

    def _unpack(self, size: int, name: bytes) -> None:
        self.unpacked_size += size
        if self.unpacked_size > self._limits.unpacked:
            raise SlugRefused(
                f"The archive unpacks to more than {self._limits.unpacked:,} bytes"
                f" with {shown(name)}."
            )

    def _make_folders(self, path: bytes, name: bytes) -> None:
        """See that `path` and all above it are folders, making those that are not yet."""
        while (node := self._nodes.get(path)) is None:
            self._put(path, IMPLIED_FOLDER)
            path = path.rpartition(b"/")[0]
        if node not in FOLDERS:
            raise SlugRefused(
                f"{shown(name)} lies below {shown(path)}, which is no folder."
            )

    def _put(self, path: bytes, node: bytes) -> None:
        self._nodes[path] = node
        if len(self._nodes) - 1 > self._limits.members:
            raise SlugRefused(
                f"The archive holds more than {self._limits.members:,} files and folders."
            )
        self._room_for_paths -= len(path) + (len(node) if node[:1] == LINK else 0)
        if self._room_for_paths < 0:
            raise SlugRefused(
                f"The archive's names have more than {self._limits.paths:,} bytes,"
                f" up to {shown(path)}."
            )
        if path != APP and not path.startswith(IN_APP):
            self._all_in_app = False

    def _clean(self, name: bytes) -> bytes:
        """Return the path that `name` stands for, seen from the archive's root."""
        self._check_text(name)
        if name.startswith(b"/"):
            raise SlugRefused(
                f"{shown(name)} is an absolute path; a slug's are relative."
            )
        parts = _parts(name)
        if b".." in parts:
            raise SlugRefused(
                f'{shown(name)} goes up with ".."; a slug\'s paths do not.'
            )
        longest = max(map(len, parts), default=0)
        if longest > self._limits.name:
            raise SlugRefused(
                f"{shown(name)} has a part of {longest:,} bytes;"
                f" {self._limits.name:,} are allowed."
            )
        return b"/".join(parts)

    def _check_text(self, name: bytes) -> None:
        if len(name) > self._limits.path:
            raise SlugRefused(
                f"{shown(name)} is a path of {len(name):,} bytes;"
                f" {self._limits.path:,} are allowed."
            )
        try:
            text = name.decode()
        except UnicodeDecodeError as error:
            raise SlugRefused(f"{shown(name)} is not a name in UTF-8.") from error
        if not text or CONTROL.search(text):
            raise SlugRefused(
                f"{shown(name)} is empty or has a control character in it."
            )

    def _check_target(self, path: bytes, member: Member) -> None:
        self._check_text(member.link)
        parts = _parts(member.link)
        ups = next((i for i, part in enumerate(parts) if part != b".."), len(parts))
        if b".." in parts[ups:]:
            raise SlugRefused(
                f"{shown(member.name)} is a link to {shown(member.link)}, which goes up"
                " after it went down; only its start may go up."
            )
        height = path.count(b"/") - ups
        if member.link.startswith(b"/") or height < 0:
            raise _leaves(member.name)
        if height == 0 and path.startswith(IN_APP):
            # Inside the archive, but above the root if ./app turns out to be it.
            self._link_out_of_app = self._link_out_of_app or member.name


def _parts(path: bytes) -> list[bytes]:
    return [part for part in path.split(b"/") if part not in (b"", b".")]


def _twice(name: bytes) -> SlugRefused:
    return SlugRefused(f"{shown(name)} is in the archive twice.")


def _leaves(name: bytes) -> SlugRefused:
    return SlugRefused(f"{shown(name)} is a link that leaves the tree.")
