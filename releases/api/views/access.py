"""Who may do what with an app: collaborators, the owner first among them."""

from typing import Annotated
from uuid import UUID

from pydantic import Field as Bounded

from releases.api.app_parts import collaborator_object, owner_object
from releases.api.bodies import RequestBody
from releases.api.call import Answer, Call, as_uuid, created
from releases.api.errors import invalid, not_found
from releases.api.ranges import Field
from releases.api.routes import Need, Route
from releases.errors import NotFound
from releases.models import Access, App, User
from releases.operations.give_access import give_access, take_access
from releases.queries import find_user, people_of

FIELDS = {"id": Field("pk", UUID), "email": Field("user__email", str)}
# What a collaborator may do at Heroku.
USUAL = (
    Access.Permission.VIEW,
    Access.Permission.DEPLOY,
    Access.Permission.OPERATE,
)
Text = Annotated[str, Bounded(max_length=320)]


class NewCollaborator(RequestBody):
    user: Text
    permissions: list[Text] | None = None


class CollaboratorChange(RequestBody):
    permissions: list[Text]


def collaborator_list(call: Call, app: str) -> Answer:
    found = call.app(app)
    answer = call.list(
        people_of(found),
        lambda access: collaborator_object(access, found),
        fields=FIELDS,
    )
    if not call.request.headers.get("Range", "").partition("]")[1]:
        # The owner has no row: they stand on the first page.
        answer.content.insert(0, owner_object(found))
    return answer


def collaborator_create(call: Call, app: str) -> Answer:
    asked = call.body(NewCollaborator)
    found = call.app(app)
    access = give_access(
        app=found,
        user=_user(asked.user),
        permissions=USUAL if asked.permissions is None else asked.permissions,
        actor=call.actor,
    )
    return created(collaborator_object(access, found))


def collaborator_info(call: Call, app: str, collaborator: str) -> Answer:
    found = call.app(app)
    return Answer(collaborator_object(_access(found, collaborator), found))


def collaborator_update(call: Call, app: str, collaborator: str) -> Answer:
    asked = call.body(CollaboratorChange)
    found = call.app(app)
    access = give_access(
        app=found,
        user=_access(found, collaborator).user,
        permissions=asked.permissions,
        actor=call.actor,
    )
    return Answer(collaborator_object(access, found))


def collaborator_delete(call: Call, app: str, collaborator: str) -> Answer:
    found = call.app(app)
    access = _access(found, collaborator)
    answer = collaborator_object(access, found)
    take_access(app=found, user=access.user, actor=call.actor)
    return Answer(answer)


def _access(app: App, identity: str) -> Access:
    people = people_of(app)
    access_id = as_uuid(identity)
    access = (
        people.filter(pk=access_id) or people.filter(user=access_id)
        if access_id
        else people.filter(user__email=identity.strip().lower())
    ).first()
    if access is None:
        raise not_found("collaborator")
    return access


def _user(identity: str) -> User:
    try:
        user_id = as_uuid(identity)
        if user_id is None:
            return find_user(identity)
        return find_user(User.objects.get(pk=user_id).email)
    except (NotFound, User.DoesNotExist):
        raise invalid(
            "There is no such user; an admin of this server makes accounts.",
            field="user",
        ) from None


ROUTES = [
    Route("GET", "apps/<app>/collaborators", collaborator_list, Need.READ),
    Route("POST", "apps/<app>/collaborators", collaborator_create, Need.WRITE),
    Route(
        "GET", "apps/<app>/collaborators/<collaborator>", collaborator_info, Need.READ
    ),
    Route(
        "PATCH",
        "apps/<app>/collaborators/<collaborator>",
        collaborator_update,
        Need.WRITE,
    ),
    Route(
        "DELETE",
        "apps/<app>/collaborators/<collaborator>",
        collaborator_delete,
        Need.WRITE,
    ),
]
