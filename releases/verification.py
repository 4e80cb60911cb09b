"""Checking that history is what was written: every chain, every row, every stored slug.

Tamper-evident, not tamper-proof: a rewrite that also forges the app's row shows only
against heads that were exported before it.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from django.db import connection, transaction

from releases.chain import (
    FORMAT,
    activity_digest,
    config_set_digest,
    config_set_fingerprint,
    release_digest,
)
from releases.errors import OperationRefused
from releases.models import Activity, App, Blob, ConfigVar, Release
from releases.slugs.storage import verify

CHUNK = 1_000
Status = Release.Status


class Head(NamedTuple):
    """The end of an app's chain: how many activities, and the digest of the last."""

    length: int
    digest: str


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was written."""

    where: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence}"


@dataclass
class Walk:
    """What the chain of one app tells so far."""

    head: str = ""
    length: int = 0
    current: uuid.UUID | None = None
    statuses: dict[int, str] = field(default_factory=dict)

    def take(self, activity: Activity, release: Release | None) -> None:
        """Follow one activity: what it says of releases must hold at the end."""
        status = activity.detail.get("status")
        if activity.kind == Activity.Kind.SLUGS_PRUNED:
            for version in activity.detail.get("versions", []):
                self.statuses[version] = Status.EXPIRED
        elif release and activity.kind in SETTLING:
            self.statuses[release.version] = status
            if status == Status.SUCCEEDED:
                self.current = release.pk


SETTLING = {
    Activity.Kind.RELEASE_CREATED,
    Activity.Kind.RELEASE_SETTLED,
    Activity.Kind.RELEASE_CANCELED,
}


def verify_app(app_id: uuid.UUID, checkpoint: Head | None = None) -> Iterator[Fault]:
    """Yield what is wrong with one app, in one snapshot; nothing if it verifies.

    Streams: memory grows with the app's config vars and a number per release only.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        app = App.objects.filter(pk=app_id).first()
        if app is None:
            yield Fault(str(app_id), "the app is gone, and apps are never deleted")
            return
        for sentence in _faults(app, checkpoint):
            yield Fault(app.name, sentence)


def _faults(app: App, checkpoint: Head | None) -> Iterator[str]:
    yield from _config_faults(app)
    walk = Walk()
    yield from _chain_faults(app, walk, checkpoint)
    if (walk.length, walk.head) != (app.chain_length, app.chain_head):
        yield (
            f"the chain ends at activity {walk.length}, and the app's row says"
            f" {app.chain_length}: its end was cut off or replaced"
        )
    if checkpoint and checkpoint.length > walk.length:
        yield (
            f"the checkpoint has {checkpoint.length} activities and the chain"
            f" {walk.length}: its end was cut off"
        )
    yield from _release_faults(app, walk)


def _config_faults(app: App) -> Iterator[str]:
    rows: dict[uuid.UUID, ConfigVar] = {}
    for var in ConfigVar.objects.filter(app=app).iterator(CHUNK):
        if not var.is_as_sealed():
            yield f"the stored value of {var.name} was changed (row {var.pk})"
        var.ciphertext = None
        rows[var.pk] = var
    for config_set in app.config_sets.iterator(CHUNK):
        try:
            config_vars = [rows[var_id] for var_id in config_set.var_ids]
        except KeyError as missing:
            yield f"config set {config_set.pk} misses its row {missing}"
            continue
        if (
            config_set_digest(config_vars) != config_set.digest
            or config_set_fingerprint(config_vars) != config_set.fingerprint
        ):
            yield f"config set {config_set.pk} or one of its rows was changed"


def _chain_faults(app: App, walk: Walk, checkpoint: Head | None) -> Iterator[str]:
    activities = (
        app.activities.select_related("release__slug", "release__config_set")
        .defer("release__slug__commits", "release__config_set__var_ids")
        .order_by("sequence")
    )
    for activity in activities.iterator(CHUNK):
        walk.length += 1
        if activity.sequence != walk.length:
            yield f"activity {walk.length} is missing"
            walk.length = activity.sequence or walk.length
        release = activity.release
        facts = release_digest(release) if release else ""
        if release and facts != release.digest:
            yield f"{release} is not as it was released"
        digest = activity_digest(walk.head, activity, facts)
        if digest != activity.digest:
            yield (
                f"activity {activity.sequence} ({activity.summary}) is not as it was"
                " written, or does not follow the one before it"
            )
        # What is stored goes on: one changed row is one fault, not one a row after it.
        walk.head = activity.digest
        walk.take(activity, release)
        if checkpoint and _contradicts(checkpoint, walk):
            yield f"activity {walk.length} is not the one of the checkpoint"


def _contradicts(checkpoint: Head, walk: Walk) -> bool:
    return walk.length == checkpoint.length and walk.head != checkpoint.digest


def _release_faults(app: App, walk: Walk) -> Iterator[str]:
    count = 0
    releases = app.releases.order_by("version").values_list("version", "status")
    for version, status in releases.iterator(CHUNK):
        count += 1
        told = walk.statuses.get(version)
        if version != count:
            yield f"v{count} is missing"
            count = version
        if told is None:
            yield f"v{version} is not in the chain"
        elif told != status:
            yield f"v{version} is {status}, and the chain says {told}"
    if count != app.last_version:
        yield f"the newest release is v{count}, and the app's row says v{app.last_version}"
    if walk.current != app.current_release_id:
        yield "the current release is not the last one that succeeded in the chain"


def verify_blob(blob: Blob) -> Fault | None:
    """Hash the stored bytes of `blob` again."""
    if verify(blob.pk):
        return None
    return Fault(f"slug {blob.pk[:12]}", "the stored bytes were changed or are missing")


def heads() -> Iterator[tuple[str, Head]]:
    """Yield the head of every app's chain, by the app's id."""
    for app_id, length, digest in App.objects.values_list(
        "pk", "chain_length", "chain_head"
    ).iterator(CHUNK):
        yield str(app_id), Head(length, digest)


def write_checkpoint(file: Path, exported: Mapping[str, Head]) -> None:
    """Write heads to a new file; never over one that is there."""
    text = json.dumps({"format": FORMAT, "heads": exported}, indent=1, sort_keys=True)
    with file.open("x", encoding="utf-8") as stream:
        stream.write(text + "\n")


def read_checkpoint(file: Path) -> dict[str, Head]:
    """Read what `write_checkpoint` wrote. Refuses anything else."""
    refusal = OperationRefused(f"{file} is no checkpoint of this format.")
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        exported = {
            str(uuid.UUID(app)): Head(int(length), str(digest))
            for app, (length, digest) in told["heads"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        raise refusal from None
    if told.get("format") != FORMAT:
        raise refusal
    return exported
