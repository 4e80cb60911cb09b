from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.management import call_command
from django.db import DataError, IntegrityError, transaction

from releases.actors import Actor
from releases.backups.container import (
    KEYS,
    MANIFEST,
    Advance,
    Member,
    NoBackup,
    Reader,
)
from releases.backups.manifest import Manifest, decode
from releases.backups.tables import Schema, filling, load_table
from releases.errors import OperationRefused
from releases.models import Activity, App
from releases.operations.ledger import record_outside_apps
from releases.slugs.incoming import incoming
from releases.slugs.storage import store
from releases.stored_bytes import blobs_to_be_there
from releases.vault import (
    MasterKey,
    VaultLocked,
    decode_keys,
    master_keys,
    read_key_file,
    write_key_file,
)


@dataclass(frozen=True)
class Restored:
    """What was put back. `missing_keys` are master keys that apps need and are not here."""

    manifest: Manifest
    slugs: int
    missing_keys: list[str]


@dataclass(frozen=True)
class _Backup:
    """A backup that was read through and found whole."""

    reader: Reader
    members: Mapping[str, Member]
    slugs: Collection[str]
    manifest: Manifest
    keys: list[MasterKey]


def restore_backup(file: BinaryIO, *, advance: Advance) -> Restored:
    """Put a whole backup back into an empty database, with slugs and master keys.

    All of the file is checked before anything is changed; rows are there together or
    not at all. If this is interrupted it can be done again.
    """
    backup = _read_through(Reader(file), advance)
    _make_tables(backup.manifest)
    with transaction.atomic():
        _put_rows_back(backup, advance)
        slugs = _put_slugs_back(backup, advance)
        # Before the commit: rows without their keys would not be empty to a second try.
        _put_keys_back(backup.keys)
    call_command("migrate", verbosity=0)
    record_outside_apps(
        actor=Actor.system(),
        kind=Activity.Kind.BACKUP_RESTORED,
        summary=f"Restored the backup of {backup.manifest.made_at:%Y-%m-%d %H:%M} UTC",
        detail={"made_at": backup.manifest.made_at.isoformat()},
    )
    return Restored(backup.manifest, slugs, _missing_keys())


def _read_through(reader: Reader, advance: Advance) -> _Backup:
    members, slugs = reader.check(advance)
    if MANIFEST not in members:
        raise NoBackup("The backup has no manifest.")
    manifest = decode(reader.small(members[MANIFEST]))
    tables = {member.table for member in members.values() if member.table}
    if tables != manifest.columns.keys() or manifest.with_keys != (KEYS in members):
        raise NoBackup("The backup does not hold what its manifest says.")
    keys = []
    if manifest.with_keys:
        try:
            keys = decode_keys(reader.small(members[KEYS]).decode("ascii", "replace"))
        except VaultLocked:
            raise NoBackup("The master keys of the backup cannot be read.") from None
    return _Backup(reader, members, slugs, manifest, keys)


def _make_tables(manifest: Manifest) -> None:
    """See to it that the database has the tables of the backup, made if it has none."""
    schema = Schema()
    recorded = set(manifest.migrations)
    newer = sorted(recorded - set(schema.known()))
    if newer:
        raise NoBackup(
            "The backup was made by a newer Rollbook, which has the migration"
            f" {'.'.join(newer[0])[:100]}; update this one first."
        )
    if not schema.is_whole(recorded) or schema.columns(recorded) != manifest.columns:
        raise NoBackup("The tables of the backup are not those of its migrations.")
    applied = schema.applied()
    if applied == recorded:
        return
    if applied or schema.has_any_of(manifest.columns):
        raise OperationRefused(
            "The backup was made by another version of Rollbook than made the tables of"
            " this database; restore into a new ROLLBOOK_HOME or a database without"
            " tables.",
            code="not_empty",
        )
    schema.make(recorded)


def _put_rows_back(backup: _Backup, advance: Advance) -> None:
    columns = backup.manifest.columns
    try:
        with filling(sorted(columns)):
            for table in sorted(columns):
                member = backup.members[f"tables/{table}.copy"]
                rows = backup.reader.chunks(member, advance)
                load_table(table, columns[table], rows)
    except (DataError, IntegrityError) as error:
        # What PostgreSQL says of it may quote a row.
        raise NoBackup("The rows of the backup do not fit each other.") from error


def _put_slugs_back(backup: _Backup, advance: Advance) -> int:
    """Store the bytes that rows of the backup say are stored, if it has all of them."""
    for sha256 in blobs_to_be_there().values_list("pk", flat=True).iterator():
        if sha256 not in backup.slugs:
            raise NoBackup(f"The backup lacks the bytes of slug {sha256[:12]}.")
    count = 0
    for member in backup.reader.members():
        if not (member.slug and blobs_to_be_there().filter(pk=member.slug).exists()):
            continue
        with incoming() as arriving:
            for chunk in backup.reader.chunks(member, advance):
                arriving.file.write(chunk)
            arriving.file.flush()
            store(arriving.path, member.slug)
        count += 1
    return count


def _put_keys_back(keys: list[MasterKey]) -> None:
    """Put `keys` into the file, before those it has: these may be of other backups."""
    if not keys:
        return
    file = Path(settings.ROLLBOOK_MASTER_KEY_FILE)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    there = read_key_file(file) if file.exists() else []
    write_key_file(file, dict.fromkeys([*keys, *there]))


def _missing_keys() -> list[str]:
    needed = set(App.objects.values_list("data_key_wrapped_by", flat=True)) - {""}
    try:
        return sorted(needed - {key.id for key in master_keys()})
    except VaultLocked:
        return sorted(needed)
