"""What a backup says of itself."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from releases.backups.container import NoBackup
from releases.backups.tables import Migration

FORMAT = "rollbook-backup-1"


@dataclass(frozen=True)
class Manifest:
    """`migrations` are those the tables are of; `columns` those of each table."""

    made_at: datetime
    migrations: Sequence[Migration]
    columns: Mapping[str, Sequence[str]]
    slugs: int
    with_keys: bool

    def encode(self) -> bytes:
        facts = {"format": FORMAT, **asdict(self), "made_at": self.made_at.isoformat()}
        return json.dumps(facts, indent=1).encode()


def decode(text: bytes) -> Manifest:
    """Read what `encode` wrote. Raises NoBackup for anything else."""
    try:
        told = json.loads(text)
        if told["format"] != FORMAT:
            raise NoBackup(
                "The backup was made by a newer Rollbook, or by none; this one reads"
                f" {FORMAT}."
            )
        return Manifest(
            made_at=datetime.fromisoformat(told["made_at"]),
            migrations=[(str(app), str(name)) for app, name in told["migrations"]],
            columns={
                str(table): [str(column) for column in columns]
                for table, columns in told["columns"].items()
            },
            slugs=int(told["slugs"]),
            with_keys=bool(told["with_keys"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NoBackup("The manifest of the backup cannot be read.") from None
