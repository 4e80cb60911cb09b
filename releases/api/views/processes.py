"""Process types and processes: how many should run, and those that do."""

from collections.abc import Mapping
from typing import Annotated

from django.conf import settings
from pydantic import Field as Bounded
from pydantic import StrictInt, StrictStr

from releases.api.app_parts import (
    SIZE,
    dyno_object,
    formation_object,
)
from releases.api.bodies import RequestBody
from releases.api.call import Answer, Call, accepted, as_uuid, created
from releases.api.errors import invalid, not_found
from releases.api.objects import Object
from releases.api.routes import Need, Route
from releases.formation import formation_of
from releases.models import App, Process
from releases.models.running import ONE_OFF
from releases.operations.restart_processes import restart_processes, stop_processes
from releases.operations.run_once import COMMAND_LIMIT, run_once
from releases.operations.scale import scale
from releases.permissions import Action
from releases.running import require_runtime, running_processes

ATTACHED = (
    "Only detached commands run here: use `heroku run:detached`, or `manage.py run` on"
    " the host. The CLI attaches over TLS, to a certificate that it can verify."
)
# What the CLI says of the terminal that it was called from, which nothing here needs.
OF_TERMINAL = {"TERM", "COLUMNS", "LINES"}
Text = Annotated[str, Bounded(max_length=200)]


class SizeNamed(RequestBody):
    id: Text | None = None
    name: Text | None = None


class TypeChange(RequestBody):
    """`quantity` is a number, as text too, or "+2" or "-1" beside what there is."""

    quantity: StrictStr | Annotated[StrictInt, Bounded(ge=0)] | None = None
    size: Text | None = None
    dyno_size: SizeNamed | Text | None = None


class NamedTypeChange(TypeChange):
    type: Text


class FormationChange(RequestBody):
    updates: Annotated[list[NamedTypeChange], Bounded(max_length=200)]


class NewDyno(RequestBody):
    command: Annotated[str, Bounded(max_length=COMMAND_LIMIT)]
    attach: bool | None = None
    env: dict[str, str | int | None] | None = None
    size: Text | None = None
    type: Text | None = None
    time_to_live: int | None = None


def formation_list(call: Call, app: str) -> Answer:
    return Answer(_formation(call.app(app)))


def formation_info(call: Call, app: str, process_type: str) -> Answer:
    return Answer(_of_type(call.app(app), process_type))


def formation_batch_update(call: Call, app: str) -> Answer:
    found = _app_to_operate(call, app)
    updates = call.body(FormationChange).updates
    names = _types_by_id(found)
    by_type = {names.get(each.type, each.type): each for each in updates}
    if len(by_type) < len(updates):
        raise invalid("Each process type can be named once.", field="updates")
    _scale(call, found, by_type)
    return Answer(_formation(found))


def formation_update(call: Call, app: str, process_type: str) -> Answer:
    found = _app_to_operate(call, app)
    name = _types_by_id(found).get(process_type, process_type)
    _scale(call, found, {name: call.body(TypeChange)})
    return Answer(_of_type(found, name))


def dyno_list(call: Call, app: str) -> Answer:
    found = call.app(app)
    return Answer([dyno_object(each, found) for each in running_processes(found)])


def dyno_info(call: Call, app: str, dyno: str) -> Answer:
    found = call.app(app)
    return Answer(dyno_object(_process(found, dyno), found))


def dyno_create(call: Call, app: str) -> Answer:
    found = _app_to_operate(call, app)
    asked = call.body(NewDyno)
    _refuse_what_no_command_gets(asked)
    process = run_once(app=found, command=asked.command, actor=call.actor)
    return created(dyno_object(process, found))


def dyno_restart_all(call: Call, app: str) -> Answer:
    restart_processes(app=_app_to_operate(call, app), actor=call.actor)
    return accepted()


def dyno_restart(call: Call, app: str, dyno: str) -> Answer:
    found = _app_to_operate(call, app)
    restart_processes(app=found, name=_name_of(found, dyno), actor=call.actor)
    return accepted()


def dyno_stop(call: Call, app: str, dyno: str) -> Answer:
    found = _app_to_operate(call, app)
    stop_processes(app=found, name=_name_of(found, dyno), actor=call.actor)
    return accepted()


def type_restart(call: Call, app: str, process_type: str) -> Answer:
    found = _app_to_operate(call, app)
    restart_processes(app=found, name=process_type, actor=call.actor)
    return accepted()


def type_stop(call: Call, app: str, process_type: str) -> Answer:
    found = _app_to_operate(call, app)
    stop_processes(app=found, name=process_type, actor=call.actor)
    return accepted()


def _app_to_operate(call: Call, app: str) -> App:
    """Return the app of a path, to who may operate it, and if there is something to."""
    found = call.app(app, to_do=Action.OPERATE)
    require_runtime()
    return found


def _formation(app: App) -> list[Object]:
    """Return all process types of the current code, the release phase among them."""
    slug = app.current_release.slug
    quantities = formation_of(app, slug) if settings.ROLLBOOK_RUNTIME else {}
    types = sorted(slug.process_types.items()) if slug else []
    return [
        formation_object(app, name, command, quantity=quantities.get(name, 0))
        for name, command in types
    ]


def _of_type(app: App, identity: str) -> Object:
    for each in _formation(app):
        if identity in {each["type"], each["id"]}:
            return each
    raise not_found("process type")


def _types_by_id(app: App) -> dict[str, str]:
    return {str(each["id"]): str(each["type"]) for each in _formation(app)}


def _scale(call: Call, app: App, changes: Mapping[str, TypeChange]) -> None:
    for change in changes.values():
        _refuse_other_sizes(change.size)
        of_size = change.dyno_size
        named = (
            (of_size.name or of_size.id) if isinstance(of_size, SizeNamed) else of_size
        )
        _refuse_other_sizes(named)
    quantities = {
        name: str(change.quantity)
        for name, change in changes.items()
        if change.quantity is not None
    }
    scale(app=app, quantities=quantities, actor=call.actor)


def _refuse_other_sizes(size: str | None) -> None:
    if size and size.lower() not in SIZE.values():
        raise invalid(
            f"There is no size {size[:40]!r}: processes here have that of the machine,"
            f" {SIZE['name']}.",
            field="size",
        )


def _refuse_what_no_command_gets(asked: NewDyno) -> None:
    if asked.attach:
        raise invalid(ATTACHED, field="attach")
    if (asked.env or {}).keys() - OF_TERMINAL:
        raise invalid(
            "A command gets the app's config vars, and no others: set one, or write it"
            " in front of the command.",
            field="env",
        )
    if asked.type not in {None, "", ONE_OFF} or asked.time_to_live is not None:
        raise invalid(
            f"A command runs as {ONE_OFF!r} here, and for as long as it takes.",
            field="type",
        )
    _refuse_other_sizes(asked.size)


def _process(app: App, identity: str) -> Process:
    """Return the process of a name or an id; of two of a name, the one that comes."""
    for process in reversed(running_processes(app)):
        if identity in {str(process), str(process.pk)}:
            return process
    raise not_found("dyno")


def _name_of(app: App, identity: str) -> str:
    """Return the name of a process by its id; else what it is called."""
    return str(_process(app, identity)) if as_uuid(identity) else identity


ROUTES = [
    Route("GET", "apps/<app>/formation", formation_list, Need.READ),
    Route("PATCH", "apps/<app>/formation", formation_batch_update, Need.WRITE),
    Route("GET", "apps/<app>/formation/<process_type>", formation_info, Need.READ),
    Route("PATCH", "apps/<app>/formation/<process_type>", formation_update, Need.WRITE),
    Route("GET", "apps/<app>/dynos", dyno_list, Need.READ),
    Route("POST", "apps/<app>/dynos", dyno_create, Need.WRITE),
    Route("DELETE", "apps/<app>/dynos", dyno_restart_all, Need.WRITE),
    Route("GET", "apps/<app>/dynos/<dyno>", dyno_info, Need.READ),
    Route("DELETE", "apps/<app>/dynos/<dyno>", dyno_restart, Need.WRITE),
    Route("POST", "apps/<app>/dynos/<dyno>/actions/stop", dyno_stop, Need.WRITE),
    Route("DELETE", "apps/<app>/formations/<process_type>", type_restart, Need.WRITE),
    Route(
        "POST",
        "apps/<app>/formations/<process_type>/actions/stop",
        type_stop,
        Need.WRITE,
    ),
]
