from collections.abc import Iterable
from typing import BinaryIO

from django.db.models import QuerySet
from django.utils import timezone

from releases.actors import Actor
from releases.backups.container import KEYS, MANIFEST, Advance, Writer, writing
from releases.backups.manifest import Manifest
from releases.backups.tables import Schema, dump_table
from releases.errors import Conflict, OperationRefused
from releases.models import Activity, App, Blob
from releases.operations.ledger import record_outside_apps
from releases.permissions import require_superuser
from releases.slugs.errors import SlugRefused
from releases.slugs.storage import CHUNK, open_blob
from releases.snapshot import one_snapshot
from releases.stored_bytes import blobs_to_be_there
from releases.vault import MasterKey, VaultLocked, encode_keys, master_keys

ATTEMPTS = 5
PAGE = 2_000


def make_backup(
    file: BinaryIO, *, actor: Actor, with_keys: bool, advance: Advance
) -> Manifest:
    """Write a backup of everything to `file`, as it is at a moment near the end.

    Work goes on meanwhile. Refuses where stored bytes are missing or damaged, or a
    master key that an app needs is not here and keys are wanted.
    """
    require_superuser(actor, "make a backup")
    with writing(file, advance) as writer:
        backup = _Backup(writer, with_keys=with_keys)
        # Most of it before the moment that counts; then only what came since.
        backup.add_slugs(blobs_to_be_there())
        manifest = backup.add_the_rest()
    record_outside_apps(
        actor=actor,
        kind=Activity.Kind.BACKUP_MADE,
        summary=f"Made a backup {'with' if with_keys else 'without'} the master keys",
        detail={"keys": with_keys, "slugs": manifest.slugs},
    )
    return manifest


class _Backup:
    def __init__(self, writer: Writer, *, with_keys: bool) -> None:
        self._writer = writer
        self._with_keys = with_keys
        self._slugs = set[bytes]()

    def add_slugs(self, blobs: QuerySet[Blob]) -> str:
        """Add those that are not added yet, and return one whose bytes are gone, or ""."""
        gone = ""
        for sha256 in blobs.order_by("pk").values_list("pk", flat=True).iterator(PAGE):
            key = bytes.fromhex(sha256)
            if key in self._slugs:
                continue
            try:
                self._add_slug(sha256)
                self._slugs.add(key)
            except (SlugRefused, FileNotFoundError):
                # The second: some stores open what is missing, and fail to read it.
                gone = sha256
        return gone

    def _add_slug(self, sha256: str) -> None:
        with (
            open_blob(sha256) as stored,
            self._writer.member(f"slugs/{sha256}.tar.gz") as sink,
        ):
            for chunk in stored.chunks(CHUNK):
                sink.write(chunk)
            if sink.sha256() != sha256:
                raise OperationRefused(
                    f"The stored bytes of slug {sha256[:12]} are damaged, and a backup"
                    " with them could not be restored; run verify_ledger.",
                    code="bytes_changed",
                )

    def add_the_rest(self) -> Manifest:
        gone = ""
        for _ in range(ATTEMPTS):
            # Those of before, and those of after: they may be rotated just now.
            keys = self._keys()
            with one_snapshot():
                gone = self.add_slugs(blobs_to_be_there())
                if gone:
                    # Pruned since this snapshot: the next one knows.
                    continue
                keys = [*self._keys(), *keys]
                self._refuse_missing(keys)
                return self._add_tables(keys)
        raise Conflict(
            f"The stored bytes of slug {gone[:12]} are missing; run verify_ledger.",
            code="bytes_missing",
        )

    def _keys(self) -> list[MasterKey]:
        return master_keys() if self._with_keys else []

    def _refuse_missing(self, keys: Iterable[MasterKey]) -> None:
        if not self._with_keys:
            return
        here = {"", *(key.id for key in keys)}
        locked = App.objects.exclude(data_key_wrapped_by__in=here).first()
        if locked:
            raise VaultLocked(
                f"{locked} needs the master key {locked.data_key_wrapped_by}, which is"
                " not here. Put it back, or make the backup without keys."
            )

    def _add_tables(self, keys: Iterable[MasterKey]) -> Manifest:
        schema = Schema()
        migrations = schema.applied()
        columns = schema.columns(migrations)
        for table in sorted(columns):
            with self._writer.member(f"tables/{table}.copy") as sink:
                for rows in dump_table(table, columns[table]):
                    sink.write(rows)
        if self._with_keys:
            with self._writer.member(KEYS) as sink:
                sink.write(encode_keys(dict.fromkeys(keys)).encode())
        manifest = Manifest(
            made_at=timezone.now(),
            migrations=[each for each in schema.known() if each in migrations],
            columns=columns,
            slugs=len(self._slugs),
            with_keys=self._with_keys,
        )
        with self._writer.member(MANIFEST) as sink:
            sink.write(manifest.encode())
        return manifest
