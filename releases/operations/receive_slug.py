import re
from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils import timezone

from releases.actors import Actor
from releases.models import App, Slug
from releases.operations.ingest import record_received, stored_blob, take_in
from releases.operations.inputs import clean_text
from releases.operations.ledger import lock_app
from releases.permissions import Action, no_such_app, require
from releases.slugs.archive import Inspection
from releases.slugs.unzipped import Readable

COMMIT_LIMIT = 64
COMMITS_LIMIT = 500
TITLE_LIMIT = 500
AUTHOR_LIMIT = 320
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


def receive_slug(
    *,
    app: App,
    archive: Readable,
    actor: Actor,
    commit: str = "",
    commit_title: str = "",
    commit_author: str = "",
    base_commit: str = "",
    commits: Sequence[Mapping[str, str]] = (),
    commits_total: int | None = None,
    expected_sha256: str = "",
) -> Slug:
    """Take in the `.tar.gz` that `archive` gives, and return it as a sealed slug.

    `commits` is the range since `base_commit`, newest first; `commits_total` says how
    many there are where not all are listed. No lock is held while bytes arrive. Raises
    SlugRefused for an archive that no slug can be made of; nothing is left of it then.
    """
    refuse_unless_allowed(app, actor)
    facts = {
        "commit": clean_text(commit, "commit", limit=COMMIT_LIMIT),
        "commit_title": line(commit_title, TITLE_LIMIT),
        "commit_author": line(commit_author, AUTHOR_LIMIT),
        "base_commit": clean_text(base_commit, "base commit", limit=COMMIT_LIMIT),
        "commits": [_commit(each) for each in commits[:COMMITS_LIMIT]],
        "commits_total": len(commits) if commits_total is None else commits_total,
    }
    return take_in(
        archive,
        expected_sha256=expected_sha256,
        seal=lambda inspection: _seal(app, inspection, facts, actor=actor),
    )


def refuse_unless_allowed(app: App, actor: Actor) -> None:
    """Say so before a gigabyte has arrived; it is judged again under the lock."""
    found = App.objects.filter(pk=app.pk, deleted_at=None).first()
    if found is None:
        raise no_such_app(app.name)
    require(actor, found, Action.DEPLOY)


@transaction.atomic
def _seal(
    app: App, inspection: Inspection, facts: Mapping[str, object], *, actor: Actor
) -> Slug:
    """Give the app a slug of these bytes, which stay while the blob's row is locked."""
    app = lock_app(app, actor=actor, to_do=Action.DEPLOY)
    now = timezone.now()
    slug = Slug.objects.create(
        app=app,
        blob=stored_blob(inspection),
        process_types=inspection.process_types,
        stack=app.stack,
        created_by=actor.user,
        created_at=now,
        sealed_at=now,
        **facts,
    )
    record_received(slug, app, actor=actor)
    return slug


def _commit(commit: Mapping[str, str]) -> dict[str, str]:
    limits = {"sha": COMMIT_LIMIT, "title": TITLE_LIMIT, "author": AUTHOR_LIMIT}
    return {name: line(commit.get(name, ""), limit) for name, limit in limits.items()}


def line(text: str, limit: int) -> str:
    """Make one line fit to store of what git said, which may hold anything."""
    return UNPRINTABLE.sub(" ", text).strip()[:limit]
