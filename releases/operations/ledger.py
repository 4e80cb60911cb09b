"""The moves the operations share: lock the app, append a release, record an activity."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from releases.actors import Actor
from releases.chain import activity_digest, digest_of, release_digest
from releases.errors import Conflict, OperationRefused
from releases.formation import stopped_by
from releases.models import Activity, App, ConfigSet, Release, Slug
from releases.permissions import Action, no_such_app, require
from releases.queries import pending_release

logger = logging.getLogger(__name__)

IDEMPOTENCY_KEY_LIMIT = 255
# There is nothing to run yet; and an add-on is attached or it is not. No more is there
# to run, and to wait for, of a release without code.
SETTLE_AT_ONCE = {Release.Kind.INITIAL, Release.Kind.ADDON}

DetailValue = str | int | bool | None | Sequence[str] | Sequence[int]
Detail = Mapping[str, DetailValue | Mapping[str, int]]


@dataclass(frozen=True)
class Request:
    """What was asked for, so that asking again with the same key makes nothing new.

    `key` is the idempotency key, "" for none; `asked` covers the request's content.
    """

    key: str = ""
    asked: str = ""

    @classmethod
    def of(cls, key: str, **asked: object) -> "Request":
        if len(key) > IDEMPOTENCY_KEY_LIMIT:
            raise OperationRefused(
                f"An idempotency key has {IDEMPOTENCY_KEY_LIMIT} characters at most.",
                code="invalid",
            )
        return cls(key, digest_of(asked)) if key else cls()


def lock_app(app: App, *, actor: Actor, to_do: Action) -> App:
    """Return `app` freshly read, with its row locked until the transaction ends.

    Operations on one app run one after another: this is what keeps versions gapless.
    The row is read by itself: joined rows would be those of before the wait.
    Raises NotFound or NotAllowed for an actor who may not do this.
    """
    locked = App.objects.select_for_update(no_key=True).filter(pk=app.pk).first()
    if locked is None or locked.deleted_at is not None:
        raise no_such_app(app.name)
    require(actor, locked, to_do)
    return locked


def release_made_by(app: App, actor: Actor, request: Request) -> Release | None:
    """Return what an earlier request with the same key made, if there was one."""
    if not request.key:
        return None
    release = app.releases.filter(actor=actor.user, idempotency_key=request.key).first()
    if release and release.request_hash != request.asked:
        raise Conflict(
            "This idempotency key was used before, for another request.",
            code="idempotency_key_reused",
        )
    return release


def current_release(app: App) -> Release:
    """Return what a locked `app` runs, with its slug and its config set."""
    return Release.objects.select_related("slug__blob", "config_set").get(
        pk=app.current_release_id
    )


def refuse_while_pending(app: App) -> None:
    pending = pending_release(app)
    if pending:
        raise Conflict(
            f"{pending} of {app} is pending; wait until it settles, or cancel it.",
            code="release_pending",
        )


def append_release(
    app: App,
    *,
    actor: Actor,
    kind: Release.Kind,
    description: str,
    slug: Slug | None,
    config_set: ConfigSet,
    addon_plan_names: Sequence[str],
    request: Request | None = None,
    reason: str = "",
    incident_url: str = "",
    restores: Release | None = None,
    scope: str = "",
    detail: Detail | None = None,
) -> Release:
    """Add the next release of a locked `app`, with its activity.

    It settles at once unless apps run here; then it is pending, and becomes current
    when `settle_release` says that it succeeded. Add-ons come and go with releases of
    their own alone, so `addon_plan_names` are mostly those of the current one.
    """
    now = timezone.now()
    settles = settings.RELEASES_SETTLE_AT_ONCE or kind in SETTLE_AT_ONCE or slug is None
    release = Release(
        id=app.current_release_id if kind == Release.Kind.INITIAL else uuid.uuid4(),
        app=app,
        version=app.last_version + 1,
        kind=kind,
        status=Release.Status.SUCCEEDED if settles else Release.Status.PENDING,
        settled_at=now if settles else None,
        description=description,
        slug=slug,
        config_set=config_set,
        addon_plan_names=list(addon_plan_names),
        **authorship(actor),
        reason=reason,
        incident_url=incident_url,
        restores=restores,
        scope=scope,
        idempotency_key=request.key if request else "",
        request_hash=request.asked if request else "",
        created_at=now,
    )
    release.digest = release_digest(release)
    release.save(force_insert=True)
    app.last_version = release.version
    if settles:
        make_current(app, release, at=now)
    record_activity(
        app,
        actor=actor,
        kind=Activity.Kind.RELEASE_CREATED,
        summary=description,
        release=release,
        detail={"kind": kind.value, "status": release.status, **(detail or {})},
        at=now,
    )
    return release


def stopped_detail(
    app: App, current: Release, slug: Slug | None
) -> dict[str, list[str]]:
    """Return for an activity's detail which process types `slug` brings to an end."""
    stopped = stopped_by(app, current.slug, slug)
    return {"stopped": stopped} if stopped else {}


def make_current(app: App, release: Release, *, at: datetime) -> None:
    """Move the pointer of a locked `app`; the activity that follows saves it."""
    app.current_release = release
    app.released_at = at


def record_activity(
    app: App,
    *,
    actor: Actor,
    kind: Activity.Kind,
    summary: str,
    release: Release | None = None,
    detail: Detail | None = None,
    changed: Sequence[str] = (),
    at: datetime | None = None,
) -> Activity:
    """Put a line on the chain of a locked `app`, and save its head.

    This is the last move of every operation: it writes the app's row, `changed` naming
    the fields that moved beside the ledger's own. Detail holds keys, never values.
    """
    now = at or timezone.now()
    activity = Activity(
        app=app,
        sequence=app.chain_length + 1,
        kind=kind,
        release=release,
        summary=summary,
        detail=detail or {},
        created_at=now,
        **attribution(actor),
    )
    activity.digest = activity_digest(
        app.chain_head, activity, release.digest if release else ""
    )
    activity.save(force_insert=True)
    app.chain_head = activity.digest
    app.chain_length += 1
    app.updated_at = now
    app.save(
        update_fields=[
            "last_version",
            "current_release",
            "released_at",
            "chain_head",
            "chain_length",
            "updated_at",
            *changed,
        ]
    )
    name = app.name
    transaction.on_commit(lambda: logger.info("%s: %s, by %s", name, summary, actor))
    return activity


def record_outside_apps(
    *, actor: Actor, kind: Activity.Kind, summary: str, detail: Detail | None = None
) -> Activity:
    """Put a line on the timeline that belongs to no app, and so to no chain."""
    return Activity.objects.create(
        kind=kind,
        summary=summary,
        detail=detail or {},
        created_at=timezone.now(),
        **attribution(actor),
    )


def authorship(actor: Actor) -> dict[str, object]:
    return {
        "actor": actor.user,
        "actor_email": actor.user.email,
        "source": actor.source,
        "token_name": actor.token_name,
    }


def attribution(actor: Actor) -> dict[str, object]:
    """Say where an act came from, beside whose it is."""
    return {**authorship(actor), "ip": actor.ip, "request_id": actor.request_id}
