from collections.abc import Callable, Sequence

from django.db import transaction
from django.utils import timezone

from releases.actors import Actor
from releases.errors import Conflict
from releases.models import Activity, App, Release
from releases.operations.inputs import clean_text
from releases.operations.ledger import lock_app, make_current, record_activity
from releases.operations.release_output import add_lines
from releases.permissions import Action

Status = Release.Status


@transaction.atomic
def settle_release(
    *,
    release: Release,
    succeeded: bool,
    actor: Actor,
    message: str = "",
    output: Sequence[str] = (),
    first: Callable[[], None] | None = None,
) -> Release:
    """Say how a pending release went: it becomes current, or it failed. Once only.

    `output` is what its processes printed last. It is kept with the release, before the
    `message`, and not in its activity. `first` is done when nobody else can settle it
    any more, and before anything is written: if it raises, the release stays pending.
    """
    message = clean_text(message, "message")
    app = lock_app(release.app, actor=actor, to_do=Action.OPERATE)
    release = _still_pending(app, release)
    if first:
        first()
    outcome = Status.SUCCEEDED if succeeded else Status.FAILED
    _settle(
        app,
        release,
        outcome,
        actor=actor,
        kind=Activity.Kind.RELEASE_SETTLED,
        summary=f"{release} {outcome.value}",
        message=message,
        output=output,
    )
    return release


@transaction.atomic
def cancel_release(*, release: Release, actor: Actor, reason: str = "") -> Release:
    """End a pending release by hand: it failed, and what ran before runs on."""
    reason = clean_text(reason, "reason")
    app = lock_app(release.app, actor=actor, to_do=Action.OPERATE)
    release = _still_pending(app, release)
    _settle(
        app,
        release,
        Status.FAILED,
        actor=actor,
        kind=Activity.Kind.RELEASE_CANCELED,
        summary=f"Canceled {release}",
        message=f"Canceled by {actor}. {reason}".strip(),
    )
    return release


def end_pending(
    app: App, pending: Release, *, actor: Actor, because: str, message: str
) -> None:
    """End the pending release of a locked `app`, which something else takes the place of."""
    _settle(
        app,
        pending,
        Status.FAILED,
        actor=actor,
        kind=Activity.Kind.RELEASE_SETTLED,
        summary=f"{pending} failed, {because}",
        message=message,
    )


def _still_pending(app: App, release: Release) -> Release:
    release = app.releases.get(pk=release.pk)
    if release.status != Status.PENDING:
        raise Conflict(
            f"{release} of {app} is not pending any more: it {release.status}.",
            code="already_settled",
        )
    return release


def _settle(
    app: App,
    release: Release,
    status: Status,
    *,
    actor: Actor,
    kind: Activity.Kind,
    summary: str,
    message: str,
    output: Sequence[str] = (),
) -> None:
    now = timezone.now()
    release.status = status
    release.settled_at = now
    release.save(update_fields=["status", "settled_at"])
    if message:
        lines, printed = [*output, message], release.output.count()
        add_lines(release, lines, after=printed, at=now)
    if status == Status.SUCCEEDED:
        make_current(app, release, at=now)
    record_activity(
        app,
        actor=actor,
        kind=kind,
        summary=summary,
        release=release,
        detail={"status": status.value, "message": message},
        at=now,
    )
