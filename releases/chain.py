"""Digests: of config sets, of releases, and the chain over an app's activities.

All are SHA-256 in hex over canonical JSON: keys sorted, no spaces, UTF-8, times in UTC
with microseconds.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime

from releases.models import Activity, ConfigVar, Release

FORMAT = "rollbook-1"


def config_set_digest(config_vars: Iterable[ConfigVar]) -> str:
    """Cover names, values and ciphertexts: a swapped or changed row shows."""
    return digest_of(
        [
            [var.name, var.fingerprint, var.ciphertext_sha256]
            for var in sorted(config_vars, key=lambda var: var.name)
        ]
    )


def config_set_fingerprint(config_vars: Iterable[ConfigVar]) -> str:
    """Cover names and values alone: equal for sets that would act the same."""
    return digest_of(sorted([var.name, var.fingerprint] for var in config_vars))


def release_digest(release: Release) -> str:
    """Cover the facts of a release; its status is the chain's to tell."""
    slug = release.slug
    return digest_of(
        {
            "id": str(release.pk),
            "app": str(release.app_id),
            "version": release.version,
            "kind": release.kind,
            "description": release.description,
            "slug": slug
            and {
                "id": str(slug.pk),
                "checksum": slug.blob_id,
                "commit": slug.commit,
                "commit_title": slug.commit_title,
                "commit_author": slug.commit_author,
                "process_types": slug.process_types,
                "stack": slug.stack,
            },
            "config": release.config_set.digest,
            "addon_plan_names": list(release.addon_plan_names),
            "restores": release.restores_id and str(release.restores_id),
            "scope": release.scope,
            "reason": release.reason,
            "incident_url": release.incident_url,
            "actor": release.actor_email,
            "actor_id": str(release.actor_id),
            "source": release.source,
            "token_name": release.token_name,
            "created_at": moment(release.created_at),
        }
    )


def activity_digest(previous: str, activity: Activity, release_digest: str) -> str:
    """Cover `activity`, the release it is about, and all that came before it."""
    facts = canonical(
        {
            "app": str(activity.app_id),
            "sequence": activity.sequence,
            "kind": activity.kind,
            "release": release_digest,
            "actor": activity.actor_email,
            "actor_id": str(activity.actor_id),
            "source": activity.source,
            "token_name": activity.token_name,
            "ip": activity.ip,
            "request_id": activity.request_id,
            "summary": activity.summary,
            "detail": activity.detail,
            "created_at": moment(activity.created_at),
        }
    )
    return hashlib.sha256(f"{FORMAT}\n{previous}\n{facts}".encode()).hexdigest()


def digest_of(facts: object) -> str:
    return hashlib.sha256(f"{FORMAT}\n{canonical(facts)}".encode()).hexdigest()


def canonical(facts: object) -> str:
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def moment(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds")
