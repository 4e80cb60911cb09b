"""Releases: listed, made of a slug or of another release, planned, compared, marked."""

from functools import partial
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field as Bounded

from releases.api.bodies import RequestBody
from releases.api.call import Answer, Call, as_uuid, created, version_of
from releases.api.errors import invalid, not_found
from releases.api.objects import Object, plan_object, release_object
from releases.api.ranges import Field, page_of
from releases.api.routes import Need, Route
from releases.api.signed import Purpose, signed_address
from releases.models import App, Mark, Release, Slug
from releases.operations.deploy import deploy
from releases.operations.mark_release import mark_release, unmark_release
from releases.operations.roll_back import roll_back
from releases.plans import compare, plan
from releases.queries import (
    eligible_releases,
    find_release,
    release_history,
    with_output,
)
from releases.restoring import Scope
from releases.waiting import after_pending

FIELDS = {"id": Field("pk", UUID), "version": Field("version", int)}
Text = Annotated[str, Bounded(max_length=10_000)]


class NewRelease(RequestBody):
    """A deploy names a `slug`, a rollback a `release`: by id, version or "v" and version."""

    slug: Text | None = None
    release: Text | Annotated[int, Bounded(ge=0, lt=10**9)] | None = None
    description: Text | None = None
    scope: Scope = Scope.EVERYTHING
    reason: Text | None = None
    incident_url: Text | None = None
    plan_digest: Text | None = None
    override: bool = False
    mark_bad: bool = False


class NewMark(RequestBody):
    kind: Literal["bad", "pin"]
    reason: Text | None = None


def release_list(call: Call, app: str) -> Answer:
    found = call.app(app)
    page = page_of(
        release_history(found), call.request.headers.get("Range"), fields=FIELDS
    )
    eligible = eligible_releases(found, list(page.rows))
    told = with_output(page.rows)
    return Answer(
        [
            _object(call, found, row, eligible=row in eligible, told=row in told)
            for row in page.rows
        ],
        page.status,
        page.headers,
    )


def release_info(call: Call, app: str, release: str) -> Answer:
    found = call.app(app)
    return Answer(_one(call, found, call.release(found, release)))


def release_create(call: Call, app: str) -> Answer:
    asked = call.body(NewRelease)
    found = call.app(app)
    if (asked.slug is None) == (asked.release is None):
        raise invalid(
            "A release is made of a slug or of another release: give one of the two.",
            field="slug",
        )
    make = _deploy if asked.slug is not None else _roll_back
    release = after_pending(found, partial(make, call, found, asked))
    return created(_made(call, found, release))


def release_plan(call: Call, app: str, release: str) -> Answer:
    found = call.app(app)
    scope = call.request.GET.get("scope", Scope.EVERYTHING)
    if scope not in Scope.values:
        raise invalid(
            f"There is no such scope; there are {', '.join(Scope.values)}.",
            field="scope",
        )
    made = plan(
        app=found, to=version_of(found, release), scope=Scope(scope), actor=call.actor
    )
    return Answer(plan_object(made))


def release_compare(call: Call, app: str, old: str, new: str) -> Answer:
    found = call.app(app)
    return Answer(
        plan_object(
            compare(
                app=found,
                old=version_of(found, old),
                new=version_of(found, new),
                actor=call.actor,
            )
        )
    )


def mark_create(call: Call, app: str, release: str) -> Answer:
    found = call.app(app)
    asked = call.body(NewMark)
    made = mark_release(
        release=call.release(found, release),
        kind=Mark.Kind(asked.kind),
        reason=asked.reason or "",
        actor=call.actor,
    )
    return created(_one(call, found, find_release(found, made.release.version)))


def mark_delete(call: Call, app: str, release: str, kind: str) -> Answer:
    found = call.app(app)
    if kind not in Mark.Kind.values:
        raise not_found("mark")
    marked = call.release(found, release)
    unmark_release(release=marked, kind=Mark.Kind(kind), actor=call.actor)
    return Answer(_one(call, found, find_release(found, marked.version)))


def _deploy(call: Call, app: App, asked: NewRelease) -> Release:
    slug_id = as_uuid(asked.slug or "")
    slug = Slug.objects.filter(pk=slug_id, app=app).first() if slug_id else None
    if slug is None:
        raise not_found("slug")
    return deploy(
        app=app,
        slug=slug,
        actor=call.actor,
        description=asked.description or "",
        reason=asked.reason or "",
        override=asked.override,
        idempotency_key=call.idempotency_key,
    )


def _roll_back(call: Call, app: App, asked: NewRelease) -> Release:
    return roll_back(
        app=app,
        to=version_of(app, str(asked.release)),
        actor=call.actor,
        scope=asked.scope,
        plan_digest=asked.plan_digest or "",
        reason=asked.reason or "",
        incident_url=asked.incident_url or "",
        override=asked.override,
        mark_bad=asked.mark_bad,
        idempotency_key=call.idempotency_key,
    )


def _made(call: Call, app: App, release: Release) -> Object:
    """Show what was just made: current, unless it is still pending.

    Of a repeated request that may be long ago, so it is read afresh.
    """
    if release.version <= app.last_version:
        app = call.app(app.name)
        return _one(call, app, find_release(app, release.version))
    if release.has_succeeded:
        app.current_release = release
    return _object(call, app, release, eligible=release.has_succeeded, told=False)


def _one(call: Call, app: App, release: Release) -> Object:
    eligible = release in eligible_releases(app, [release])
    told = release in with_output([release])
    return _object(call, app, release, eligible=eligible, told=told)


def _object(
    call: Call, app: App, release: Release, *, eligible: bool, told: bool
) -> Object:
    """Say where its output is: of a pending one there may be some, a failed one says why."""
    answer = release_object(release, app, eligible=eligible)
    if told or release.status in {Release.Status.PENDING, Release.Status.FAILED}:
        answer["output_stream_url"] = signed_address(call, Purpose.OUTPUT, release.pk)
    return answer


ROUTES = [
    Route("GET", "apps/<app>/releases", release_list, Need.READ_PROTECTED),
    Route("POST", "apps/<app>/releases", release_create, Need.WRITE_PROTECTED),
    Route("GET", "apps/<app>/releases/<release>", release_info, Need.READ_PROTECTED),
    Route(
        "GET", "apps/<app>/releases/<release>/plan", release_plan, Need.READ_PROTECTED
    ),
    Route(
        "POST", "apps/<app>/releases/<release>/marks", mark_create, Need.WRITE_PROTECTED
    ),
    Route(
        "DELETE",
        "apps/<app>/releases/<release>/marks/<kind>",
        mark_delete,
        Need.WRITE_PROTECTED,
    ),
    Route(
        "GET", "apps/<app>/compare/<old>...<new>", release_compare, Need.READ_PROTECTED
    ),
]
