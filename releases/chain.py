"""Digests: of config sets, of slugs, of releases, and the chain over an app's activities.

All are SHA-256 in hex over canonical JSON: keys sorted, no spaces, UTF-8, times in UTC
with microseconds. What each covers are the fields of a tuple here, by their names; to
change one is to change the format, and every digest that exists.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from django.db.models import Model

from releases.models import Activity, ConfigVar, Release, Slug

FORMAT = "rollbook-1"


class SlugFacts(NamedTuple):
    """A sealed slug: its bytes by their checksum, and the commits they came from."""

    id: uuid.UUID
    app_id: uuid.UUID
    blob_id: str
    commit: str
    commit_title: str
    commit_author: str
    base_commit: str
    commits: Sequence[Mapping[str, str]]
    commits_total: int
    process_types: Mapping[str, str]
    stack: str
    created_by_id: uuid.UUID
    created_at: datetime
    sealed_at: datetime


class ReleaseFacts(NamedTuple):
    """A release but for its parts, which have digests of their own, and its outcome."""

    id: uuid.UUID
    app_id: uuid.UUID
    version: int
    kind: str
    description: str
    addon_plan_names: Sequence[str]
    restores_id: uuid.UUID | None
    scope: str
    reason: str
    incident_url: str
    actor_email: str
    actor_id: uuid.UUID
    source: str
    token_name: str
    idempotency_key: str
    request_hash: str
    created_at: datetime


class ActivityFacts(NamedTuple):
    """An activity but for the release it is about, which has a digest of its own."""

    app_id: uuid.UUID
    sequence: int
    kind: str
    actor_email: str
    actor_id: uuid.UUID
    source: str
    token_name: str
    ip: str | None
    request_id: str
    summary: str
    detail: Mapping[str, object]
    created_at: datetime


Facts = TypeVar("Facts", SlugFacts, ReleaseFacts, ActivityFacts)


def config_set_digest(config_vars: Iterable[ConfigVar]) -> str:
    """Cover names, values and ciphertexts: a swapped or changed row shows."""
    return digest_of_config(
        (var.name, var.fingerprint, var.ciphertext_sha256) for var in config_vars
    )


def config_set_fingerprint(config_vars: Iterable[ConfigVar]) -> str:
    """Cover names and values alone: equal for sets that would act the same."""
    return digest_of_config((var.name, var.fingerprint) for var in config_vars)


def slug_digest(slug: Slug) -> str:
    return digest_of_slug(facts_of(slug, SlugFacts))


def release_digest(release: Release) -> str:
    """Cover the facts of a release; its status is the chain's to tell."""
    return digest_of_release(
        facts_of(release, ReleaseFacts),
        slug=slug_digest(release.slug) if release.slug else "",
        config=release.config_set.digest,
    )


def activity_digest(previous: str, activity: Activity, release_digest: str) -> str:
    """Cover `activity`, the release it is about, and all that came before it."""
    return digest_of_activity(
        previous, facts_of(activity, ActivityFacts), release=release_digest
    )


# The same of facts that were read without their models, which takes most of the time.


def digest_of_config(config: Iterable[tuple[str, ...]]) -> str:
    return digest_of(sorted(config))


def digest_of_slug(facts: SlugFacts) -> str:
    return digest_of(facts._asdict())


def digest_of_release(facts: ReleaseFacts, *, slug: str, config: str) -> str:
    return digest_of({**facts._asdict(), "slug": slug, "config": config})


def digest_of_activity(previous: str, facts: ActivityFacts, *, release: str) -> str:
    return digest_of({**facts._asdict(), "release": release}, after=previous)


def digest_of(facts: object, *, after: str = "") -> str:
    """Return the digest of `facts` that come after what has the digest `after`."""
    return hashlib.sha256(f"{FORMAT}\n{after}\n{canonical(facts)}".encode()).hexdigest()


def facts_of(row: Model, kind: type[Facts]) -> Facts:
    return kind._make(getattr(row, name) for name in kind._fields)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical form.")


canonical = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
).encode
