"""Apps: /apps, /users/~/apps, /filters/apps."""

from typing import Annotated
from uuid import UUID

from pydantic import Field as Bounded

from releases.api.bodies import RequestBody
from releases.api.call import Answer, Call, as_uuid, created
from releases.api.errors import invalid, not_found
from releases.api.objects import app_object
from releases.api.ranges import Field
from releases.api.routes import Need, Route
from releases.errors import Conflict
from releases.models import App
from releases.models.app import DEFAULT_STACK
from releases.operations.create_app import create_app
from releases.operations.destroy_app import destroy_app
from releases.operations.rename_app import rename_app
from releases.operations.set_maintenance import set_maintenance
from releases.queries import visible_apps

FIELDS = {
    "id": Field("pk", UUID),
    "name": Field("name", str),
}
# What older clients ask for by default, and what apps here run on.
STACKS = {DEFAULT_STACK, "cedar", "heroku-20", "heroku-22", "heroku-24", "heroku-26"}
Text = Annotated[str, Bounded(max_length=200)]


class NewApp(RequestBody):
    name: Text | None = None
    stack: Text | None = None


class AppChange(RequestBody):
    name: Text | None = None
    maintenance: bool | None = None
    build_stack: Text | None = None


class Ids(RequestBody):
    id: list[Text] = []


class AppFilter(RequestBody):
    in_: Annotated[Ids, Bounded(alias="in")] = Ids()


def app_list(call: Call) -> Answer:
    return call.list(visible_apps(call.actor), app_object, fields=FIELDS)


def user_app_list(call: Call, user: str) -> Answer:
    if user not in {"~", call.actor.user.email, str(call.actor.user.pk)}:
        raise not_found("user")
    return app_list(call)


def app_filter(call: Call) -> Answer:
    wanted = [
        app_id for text in call.body(AppFilter).in_.id if (app_id := as_uuid(text))
    ]
    apps = visible_apps(call.actor).filter(pk__in=wanted)
    return call.list(apps, app_object, fields=FIELDS)


def app_create(call: Call) -> Answer:
    asked = call.body(NewApp)
    _refuse_other_stacks(asked.stack)
    try:
        app = create_app(name=asked.name or "", actor=call.actor)
    except Conflict:
        # A repeated request, after its answer was lost, is answered as the first was.
        made = _made_by(call, asked.name or "")
        if made is None:
            raise invalid("Name is already taken", field="name") from None
        app = made
    return created(app_object(call.app(app.name)))


def app_info(call: Call, app: str) -> Answer:
    return Answer(app_object(call.app(app)))


def app_update(call: Call, app: str) -> Answer:
    asked = call.body(AppChange)
    found = call.app(app)
    _refuse_other_stacks(asked.build_stack)
    if asked.name is not None and asked.name != found.name:
        found = rename_app(app=found, name=asked.name, actor=call.actor)
    if asked.maintenance is not None and asked.maintenance != found.maintenance:
        set_maintenance(app=found, on=asked.maintenance, actor=call.actor)
    return Answer(app_object(call.app(found.name)))


def app_destroy(call: Call, app: str) -> Answer:
    found = call.app(app)
    answer = app_object(found)
    # Clients ask their people to type the name; here it is the path that says it.
    destroy_app(app=found, confirm=found.name, actor=call.actor)
    return Answer(answer)


def _refuse_other_stacks(stack: str | None) -> None:
    if stack and stack not in STACKS:
        raise invalid(
            f"There is no stack {stack[:40]!r}: apps run on {DEFAULT_STACK}.",
            field="stack",
        )


def _made_by(call: Call, name: str) -> App | None:
    if not call.idempotency_key:
        return None
    return (
        visible_apps(call.actor)
        .filter(
            name=name,
            activities__sequence=1,
            activities__actor=call.actor.user,
            activities__request_id=call.idempotency_key,
        )
        .first()
    )


ROUTES = [
    Route("GET", "apps", app_list, Need.READ),
    Route("POST", "apps", app_create, Need.WRITE),
    Route("GET", "users/<user>/apps", user_app_list, Need.READ),
    Route("POST", "filters/apps", app_filter, Need.READ),
    Route("GET", "apps/<app>", app_info, Need.READ),
    Route("PATCH", "apps/<app>", app_update, Need.WRITE),
    Route("DELETE", "apps/<app>", app_destroy, Need.WRITE),
]
