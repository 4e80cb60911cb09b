"""What Heroku lacks: the timeline, holds, what was current at a time, heads of chains."""

from datetime import datetime
from typing import Annotated

from django.utils import timezone
from pydantic import Field as Bounded

from releases.api.bodies import RequestBody
from releases.api.call import Answer, Call
from releases.api.errors import invalid, not_found
from releases.api.objects import activity_object, app_object, iso, release_object
from releases.api.ranges import Field
from releases.api.routes import Need, Route
from releases.operations.hold_deploys import hold_deploys, resume_deploys
from releases.queries import eligible_releases, release_at

ACTIVITY_FIELDS = {"seq": Field("sequence", int)}
Text = Annotated[str, Bounded(max_length=10_000)]


class NewHold(RequestBody):
    reason: Text


def activity_list(call: Call, app: str) -> Answer:
    found = call.app(app)
    return call.list(
        found.activities.select_related("release"),
        lambda activity: activity_object(activity, found),
        fields=ACTIVITY_FIELDS,
        default="seq",
    )


def hold_create(call: Call, app: str) -> Answer:
    reason = call.body(NewHold).reason
    held = hold_deploys(app=call.app(app), reason=reason, actor=call.actor)
    return Answer(app_object(call.app(held.name)))


def hold_delete(call: Call, app: str) -> Answer:
    resumed = resume_deploys(app=call.app(app), actor=call.actor)
    return Answer(app_object(call.app(resumed.name)))


def current_at(call: Call, app: str) -> Answer:
    """Return the release that was current at `?time=`, in ISO 8601."""
    found = call.app(app)
    try:
        moment = datetime.fromisoformat(call.request.GET.get("time", ""))
    except ValueError:
        raise invalid(
            "The time is written like 2026-11-25T14:30:00Z.", field="time"
        ) from None
    if timezone.is_naive(moment):
        moment = moment.replace(tzinfo=timezone.get_default_timezone())
    release = release_at(found, moment)
    if release is None:
        raise not_found("release")
    eligible = release in eligible_releases(found, [release])
    return Answer(release_object(release, found, eligible=eligible))


def ledger_head(call: Call, app: str) -> Answer:
    """Return the head of the app's chain, to be kept elsewhere and compared later."""
    found = call.app(app)
    return Answer(
        {
            "app": {"id": str(found.pk), "name": found.name},
            "length": found.chain_length,
            "digest": found.chain_head,
            "updated_at": iso(found.updated_at),
        }
    )


ROUTES = [
    Route("GET", "apps/<app>/activity", activity_list, Need.READ_PROTECTED),
    Route("GET", "apps/<app>/at", current_at, Need.READ_PROTECTED),
    Route("GET", "apps/<app>/ledger-head", ledger_head, Need.READ_PROTECTED),
    Route("PUT", "apps/<app>/hold", hold_create, Need.WRITE_PROTECTED),
    Route("DELETE", "apps/<app>/hold", hold_delete, Need.WRITE_PROTECTED),
]
