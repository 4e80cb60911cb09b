"""Add-ons and their attachments: an add-on here is attached to one app, its own."""

from functools import partial
from typing import Annotated
from uuid import UUID

from pydantic import Field as Bounded

from releases.api.app_parts import addon_object, attachment_object
from releases.api.bodies import RequestBody
from releases.api.call import Answer, Call, as_uuid, created
from releases.api.errors import invalid, not_found
from releases.api.ranges import Field
from releases.api.routes import Need, Route
from releases.models import Activity, AddOn
from releases.operations.attach_addon import attach_addon, detach_addon
from releases.permissions import Action
from releases.queries import attached_addons, visible_addons
from releases.waiting import after_pending

FIELDS = {"id": Field("pk", UUID), "name": Field("name", str)}
Text = Annotated[str, Bounded(max_length=200)]


class NewAddOn(RequestBody):
    """`config_vars` is what Heroku lacks: the values that the resource brings."""

    plan: Text
    name: Text | None = None
    config_vars: dict[Text, str] = {}


def addon_list(call: Call) -> Answer:
    return call.list(
        visible_addons(call.actor),
        lambda addon: addon_object(addon, addon.app),
        fields=FIELDS,
    )


def app_addon_list(call: Call, app: str) -> Answer:
    found = call.app(app)
    return call.list(
        attached_addons(found), lambda addon: addon_object(addon, found), fields=FIELDS
    )


def addon_create(call: Call, app: str) -> Answer:
    asked = call.body(NewAddOn)
    found = call.app(app)
    attach = partial(
        attach_addon,
        app=found,
        plan=asked.plan,
        name=asked.name or "",
        config_vars=asked.config_vars,
        actor=call.actor,
        idempotency_key=call.idempotency_key,
    )
    release = after_pending(found, attach)
    made = release.activities.get(kind=Activity.Kind.RELEASE_CREATED)
    addon = found.addons.filter(name=made.detail["addon"]).latest("attached_at")
    return created(addon_object(addon, found))


def addon_info(call: Call, addon: str) -> Answer:
    found = _addon(call, addon)
    return Answer(addon_object(found, found.app))


def app_addon_info(call: Call, app: str, addon: str) -> Answer:
    found = call.app(app)
    attached = _addon(call, addon)
    if attached.app_id != found.pk:
        raise not_found("add-on")
    return Answer(addon_object(attached, found))


def addon_update(call: Call, app: str, addon: str) -> Answer:
    found = call.app(app, to_do=Action.CONFIGURE)
    raise invalid(
        f"The plan of {addon[:60]} cannot be changed in place: detach it from {found} and"
        " attach it with its new plan."
    )


def addon_delete(call: Call, app: str, addon: str) -> Answer:
    found = call.app(app)
    attached = _addon(call, addon)
    if attached.app_id != found.pk:
        raise not_found("add-on")
    detach = partial(
        detach_addon,
        app=found,
        name=attached.name,
        actor=call.actor,
        idempotency_key=call.idempotency_key,
    )
    after_pending(found, detach)
    attached.refresh_from_db()
    return Answer(addon_object(attached, found))


def attachment_list(call: Call) -> Answer:
    return call.list(
        visible_addons(call.actor),
        lambda addon: attachment_object(addon, addon.app),
        fields=FIELDS,
    )


def app_attachment_list(call: Call, app: str) -> Answer:
    found = call.app(app)
    return call.list(
        attached_addons(found),
        lambda addon: attachment_object(addon, found),
        fields=FIELDS,
    )


def _addon(call: Call, identity: str) -> AddOn:
    addons = visible_addons(call.actor)
    addon_id = as_uuid(identity)
    found = (
        addons.filter(pk=addon_id) if addon_id else addons.filter(name=identity)
    ).first()
    if found is None:
        raise not_found("add-on")
    return found


ROUTES = [
    Route("GET", "addons", addon_list, Need.READ),
    Route("GET", "addons/<addon>", addon_info, Need.READ),
    Route("GET", "addon-attachments", attachment_list, Need.READ),
    Route("GET", "apps/<app>/addons", app_addon_list, Need.READ),
    Route("POST", "apps/<app>/addons", addon_create, Need.WRITE_PROTECTED),
    Route("GET", "apps/<app>/addons/<addon>", app_addon_info, Need.READ),
    Route("PATCH", "apps/<app>/addons/<addon>", addon_update, Need.WRITE),
    Route("DELETE", "apps/<app>/addons/<addon>", addon_delete, Need.WRITE_PROTECTED),
    Route("GET", "apps/<app>/addon-attachments", app_attachment_list, Need.READ),
]
