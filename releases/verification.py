"""Checking that history is what was written: every chain, and every row it covers.

Tamper-evident, not tamper-proof: a rewrite that also forges the app's row shows only
against heads that were exported before it (releases.checkpoints). Not covered are
activities outside any app, what releases printed, and people's accounts.
"""

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from releases.chain import (
    digest_of_activity,
    digest_of_config,
    digest_of_release,
    digest_of_slug,
)
from releases.checkpoints import Head
from releases.models import App, Release
from releases.replay import Replay
from releases.snapshot import one_snapshot
from releases.verification_rows import ReleaseRow, Rows

# One app with a hundred thousand bad rows needs no hundred thousand sentences.
FAULTS_NAMED = 100
NO_ACTIVITY = Head(0, "")


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was written: where, which row, and how it shows."""

    where: str
    row: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.where}, {self.row}: {self.sentence}"


@dataclass
class Verified:
    """One app after all of it was looked at, with the first of its faults."""

    app: App
    head: Head
    releases: int
    faults: list[Fault]
    faults_total: int


class _SlugSeen(NamedTuple):
    digest: str
    sha256: str
    commit: str
    is_stored: bool


@dataclass
class _Walk:
    """What the checks of one app pass on to each other."""

    app: App
    rows: Rows
    checkpoint: Head | None
    told: Replay = field(default_factory=Replay)
    head: Head = NO_ACTIVITY
    releases: int = 0
    slugs: dict[str, _SlugSeen] = field(default_factory=dict)
    erased: Counter[str] = field(default_factory=Counter)

    def fault(self, row: object, sentence: str) -> Fault:
        return Fault(self.app.name, str(row), sentence)


def verify_apps(
    checkpoint: Mapping[uuid.UUID, Head] | None = None, *, only: uuid.UUID | None = None
) -> Iterator[Verified]:
    """Verify `only` one app or all, in order of their ids, as they are at one moment.

    Streams: memory grows with the config vars and slugs of the largest app alone.
    """
    checkpoint = checkpoint or {}
    with one_snapshot():
        rows = Rows(only)
        for app in rows.apps:
            walk = _Walk(app, rows, checkpoint.get(app.pk))
            faults = _faults(walk)
            named = list(islice(faults, FAULTS_NAMED))
            total = len(named) + sum(1 for _ in faults)
            yield Verified(app, walk.head, walk.releases, named, total)


def verify_app(app_id: uuid.UUID) -> Iterator[Fault]:
    """Yield what is wrong with one app, nothing if it verifies."""
    found = list(verify_apps(only=app_id))
    if not found:
        yield gone(app_id)
    for verified in found:
        yield from verified.faults


def gone(app_id: uuid.UUID) -> Fault:
    return Fault(f"app {app_id}", "its row", "it is gone, and apps are never deleted")


def _faults(walk: _Walk) -> Iterator[Fault]:
    yield from _config_faults(walk)
    _read_slugs(walk)
    yield from _chain_faults(walk)
    yield from _release_faults(walk)
    yield from _slug_faults(walk)
    yield from _app_faults(walk)
    yield from _standing_faults(walk)


def _config_faults(walk: _Walk) -> Iterator[Fault]:
    known = {}
    for var in walk.rows.config_vars.of(walk.app):
        known[var.id] = (var.name, var.fingerprint, var.ciphertext_sha256)
        if var.stored_sha256 is None:
            walk.erased[var.name] += 1
        elif var.stored_sha256 != var.ciphertext_sha256:
            yield walk.fault(
                f"config var {var.id}", f"the stored value of {var.name} was changed"
            )
    for config_set in walk.rows.config_sets.of(walk.app):
        row = f"config set {config_set.id}"
        config = [known[var_id] for var_id in config_set.var_ids if var_id in known]
        if len(config) < len(config_set.var_ids):
            yield walk.fault(row, "one of its config vars is gone")
        elif (
            config != sorted(config)
            or digest_of_config(config) != config_set.digest
            or digest_of_config(var[:2] for var in config) != config_set.fingerprint
        ):
            yield walk.fault(row, "it, or one of its config vars, was changed")


def _read_slugs(walk: _Walk) -> None:
    for _, is_stored, facts in walk.rows.slugs.of(walk.app):
        walk.slugs[str(facts.id)] = _SlugSeen(
            digest_of_slug(facts), facts.blob_id, facts.commit, is_stored
        )


def _chain_faults(walk: _Walk) -> Iterator[Fault]:
    length, head = walk.head
    for _, digest, version, about, facts in walk.rows.activities.of(walk.app):
        length += 1
        if facts.sequence != length:
            yield walk.fault(f"activity {length}", "it is missing")
            length = facts.sequence
        row = f"activity {length}"
        if digest_of_activity(head, facts, release=about or "") != digest:
            yield walk.fault(
                row,
                f'"{facts.summary}" is not as it was written, or does not follow the'
                " one before it",
            )
        # What is stored goes on: one changed row is one fault, not one a row after it.
        head = digest
        walk.head = Head(length, head)
        if _contradicts(walk.checkpoint, walk.head):
            yield walk.fault(row, "it is not the one of the checkpoint")
        try:
            walk.told.take(facts, version or 0)
        except (KeyError, TypeError):
            yield walk.fault(row, "it says what no operation ever wrote")


def _contradicts(checkpoint: Head | None, head: Head) -> bool:
    return (
        checkpoint is not None
        and checkpoint.length == head.length
        and checkpoint != head
    )


def _release_faults(walk: _Walk) -> Iterator[Fault]:
    for row in walk.rows.releases.of(walk.app):
        walk.releases += 1
        version = f"v{row.facts.version}"
        if row.facts.version != walk.releases:
            yield walk.fault(f"v{walk.releases}", "it is missing")
            walk.releases = row.facts.version
        slug = walk.slugs.get(str(row.slug_id))
        digest = digest_of_release(
            row.facts, slug=slug.digest if slug else "", config=row.config_digest
        )
        if digest != row.digest:
            yield walk.fault(version, "it is not as it was released")
        for sentence in _outcome_faults(walk, row, slug):
            yield walk.fault(version, sentence)


def _outcome_faults(
    walk: _Walk, row: ReleaseRow, slug: _SlugSeen | None
) -> Iterator[str]:
    told = walk.told.outcome(row.facts.version)
    if told is None:
        yield "it is not in the chain"
    elif told.status != row.status:
        yield f"it is {row.status}; the chain says {told.status}"
    elif row.settled_at and row.settled_at != (told.at or row.facts.created_at):
        yield "it did not settle when the chain says it did"
    is_restorable = row.status == Release.Status.SUCCEEDED and not walk.app.deleted_at
    if slug and not slug.is_stored and is_restorable:
        yield "its slug is gone, and nobody pruned it"


def _slug_faults(walk: _Walk) -> Iterator[Fault]:
    for slug_id in sorted(walk.slugs.keys() | walk.told.slugs.keys()):
        seen, told = walk.slugs.get(slug_id), walk.told.slugs.get(slug_id)
        if seen is None:
            yield walk.fault(f"slug {slug_id}", "it was received, and is missing")
        elif told is None:
            yield walk.fault(f"slug {slug_id}", "it is not in the chain")
        elif told != (seen.sha256, seen.commit):
            yield walk.fault(f"slug {slug_id}", "it is not the one that was received")


def _app_faults(walk: _Walk) -> Iterator[Fault]:
    app, told = walk.app, walk.told
    if walk.head != (app.chain_length, app.chain_head):
        yield walk.fault(
            "its row",
            f"the chain ends at activity {walk.head.length}, and the row says"
            f" {app.chain_length}: the end was cut off or replaced",
        )
    if walk.checkpoint and walk.checkpoint.length > walk.head.length:
        yield walk.fault(
            "its row",
            f"the chain ends at activity {walk.head.length}, and the checkpoint has"
            f" {walk.checkpoint.length}: the end was cut off",
        )
    for what, is_now, was_told in (
        ("newest release", app.last_version, walk.releases),
        ("current release", app.current_release.version, told.current),
        ("name", app.name, told.name),
        ("owner", app.owner.email, told.owner),
        ("hold", app.hold_reason, told.hold_reason),
        ("kept keys", set(app.kept_keys), told.kept_keys),
        ("destruction", app.deleted_at is not None, told.is_destroyed),
        ("number of erased values", walk.erased, told.erased),
    ):
        if is_now != was_told:
            yield walk.fault("its row", f"the {what} is not what the chain says")


def _standing_faults(walk: _Walk) -> Iterator[Fault]:
    standing = {
        (row.sort, row.name): row.says for row in walk.rows.standing.of(walk.app)
    }
    told = walk.told.standing
    for sort, name in sorted(standing.keys() | told.keys()):
        if standing.get((sort, name)) != told.get((sort, name)):
            yield walk.fault(f"{sort} {name}", "it is not what the chain says")
