"""The heads of all chains in a file: kept elsewhere, it shows a rewrite of everything."""

import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from releases.chain import FORMAT
from releases.errors import OperationRefused


class Head(NamedTuple):
    """The end of an app's chain: how many activities, and the digest of the last."""

    length: int
    digest: str


Heads = Mapping[uuid.UUID, Head]


def write_checkpoint(file: Path, heads: Heads) -> None:
    """Write `heads` to a new file; never over one that is there."""
    told = {str(app_id): head for app_id, head in heads.items()}
    text = json.dumps({"format": FORMAT, "heads": told}, indent=1, sort_keys=True)
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text + "\n")
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise OperationRefused(
            f"{file} cannot be written: {error.strerror}."
        ) from error


def read_checkpoint(file: Path) -> dict[uuid.UUID, Head]:
    """Read what `write_checkpoint` wrote. Refuses anything else."""
    refusal = OperationRefused(f"{file} is no checkpoint that this version wrote.")
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        if told["format"] != FORMAT:
            raise refusal
        return {
            uuid.UUID(app_id): Head(int(length), str(digest))
            for app_id, (length, digest) in told["heads"].items()
        }
    except OSError as error:
        raise OperationRefused(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError):
        raise refusal from None
