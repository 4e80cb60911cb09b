"""Slugs in two steps, as Heroku's API has them: announced first, then their bytes."""

import re
from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from releases.actors import Actor
from releases.errors import NotFound, OperationRefused
from releases.models import App, Slug
from releases.operations.ingest import record_received, stored_blob, take_in
from releases.operations.inputs import clean_text
from releases.operations.ledger import lock_app
from releases.operations.receive_slug import (
    COMMIT_LIMIT,
    TITLE_LIMIT,
    line,
    refuse_unless_allowed,
)
from releases.permissions import Action
from releases.slugs.archive import Inspection
from releases.slugs.errors import SlugRefused
from releases.slugs.unzipped import Readable

PROCESS_TYPE = re.compile(r"[A-Za-z0-9_-]{1,128}")
PROCESS_TYPES_LIMIT = 100
COMMAND_LIMIT = 10_000
CHECKSUM = re.compile(r"(?:sha256:)?([0-9a-f]{64})", re.IGNORECASE)


@transaction.atomic
def announce_slug(
    *,
    app: App,
    process_types: Mapping[str, str],
    actor: Actor,
    commit: str = "",
    commit_title: str = "",
    checksum: str = "",
) -> Slug:
    """Make a slug whose bytes are still to come; until then nothing can be deployed.

    Without process types those of its Procfile will be taken. `checksum`, SHA-256 in
    hex with or without "SHA256:" before it, is what the bytes are held against. It is
    the arrival of the bytes that goes on record.
    """
    _refuse_malformed(process_types)
    if checksum and not CHECKSUM.fullmatch(checksum):
        raise OperationRefused(
            "A checksum is written SHA256: and 64 hexadecimal digits.", code="invalid"
        )
    app = lock_app(app, actor=actor, to_do=Action.DEPLOY)
    return Slug.objects.create(
        app=app,
        commit=clean_text(commit, "commit", limit=COMMIT_LIMIT),
        commit_title=line(commit_title, TITLE_LIMIT),
        process_types=dict(process_types),
        expected_sha256=checksum.lower()[-64:],
        stack=app.stack,
        created_by=actor.user,
        created_at=timezone.now(),
    )


def fill_slug(*, slug: Slug, archive: Readable, actor: Actor) -> Slug:
    """Take in the bytes of an announced slug, and seal it.

    The same bytes once more change nothing; others are refused. Raises what `take_in`
    does; the slug can be filled again then.
    """
    refuse_unless_allowed(slug.app, actor)
    return take_in(
        archive,
        expected_sha256=slug.expected_sha256,
        seal=lambda inspection: _seal(slug, inspection, actor=actor),
    )


@transaction.atomic
def _seal(slug: Slug, inspection: Inspection, *, actor: Actor) -> Slug:
    app = lock_app(slug.app, actor=actor, to_do=Action.DEPLOY)
    found = app.slugs.filter(pk=slug.pk).first()
    if found is None:
        raise NotFound(f"{app} has no slug {slug.pk}.")
    if found.sealed_at is not None:
        if found.blob_id != inspection.sha256:
            raise SlugRefused(
                "This slug has its bytes already, and they were others; make a new one."
            )
        return found
    found.blob = stored_blob(inspection)
    found.process_types = found.process_types or inspection.process_types
    found.sealed_at = timezone.now()
    found.save(update_fields=["blob", "process_types", "sealed_at"])
    record_received(found, app, actor=actor)
    return found


def _refuse_malformed(process_types: Mapping[str, str]) -> None:
    if len(process_types) > PROCESS_TYPES_LIMIT:
        raise OperationRefused(
            f"A slug has {PROCESS_TYPES_LIMIT} process types at most.", code="invalid"
        )
    for name, command in process_types.items():
        if not PROCESS_TYPE.fullmatch(name):
            raise OperationRefused(
                f"{name[:60]!r} is no process type: letters, digits, _ and -.",
                code="invalid",
            )
        clean_text(command, f"command of {name}", limit=COMMAND_LIMIT)
