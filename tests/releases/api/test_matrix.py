"""Every route, by every permission and by every scope of a token, as matrix.py says."""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import transaction
from django.urls import get_resolver

from releases.actors import Actor
from releases.api import views
from releases.api.entry import URLS
from releases.api.urls import ROUTES
from releases.models import App, Mark
from releases.operations.attach_addon import attach_addon
from releases.operations.give_access import give_access
from releases.operations.keep_key import keep_key
from releases.operations.mark_release import mark_release
from tests.factories import make_config, make_process, make_user
from tests.releases.api.clients import Answered, Api, api_for
from tests.releases.api.matrix import ALL, ANYONE, MATRIX, REACHES, Row
from tests.releases.api.shapes import SHAPES

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@pytest.fixture
def stage(app: App, apps_run_here: None) -> App:
    """The app with an add-on, a kept key, a pin, a process, and a colleague."""
    attach_addon(app=app, plan="redis:mini", name="db", config_vars={}, actor=SYSTEM)
    keep_key(app=app, name="KEPT", actor=SYSTEM)
    pinned = app.releases.get(version=3)
    mark_release(release=pinned, kind=Mark.Kind.PIN, actor=SYSTEM)
    colleague = make_user("m@example.com")
    give_access(app=app, user=colleague, permissions=["view"], actor=SYSTEM)
    make_user("g@example.com")
    make_config(app, LAST="1")
    make_process(app, "web", 1)
    return app


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ask(api: Api, row: Row, app: App) -> Answered:
    slug = str(app.slugs.earliest("created_at").pk)
    path = f"/{row.path}".replace("SLUG", slug)
    body = {"slug": slug} if row.body == {"slug": "SLUG"} else row.body
    with undone():
        return api.call(row.method, path, body)


def test_the_matrix_names_every_route_and_every_shape() -> None:
    resolver = get_resolver(URLS)
    named = {
        (row.method, resolver.resolve(f"/{row.path}".partition("?")[0]).route)
        for row in MATRIX
    }

    assert named == {(route.method, route.path) for route in ROUTES}
    assert {route.path for route in ROUTES} == SHAPES.keys()


@pytest.mark.parametrize("permission", [*ALL, ""])
def test_each_permission_allows_what_it_says_and_no_more(
    stage: App, permission: str
) -> None:
    user = make_user()
    if permission:
        give_access(app=stage, user=user, permissions=[permission], actor=SYSTEM)
    api = api_for(user)

    wrong = []
    for row in MATRIX:
        status = ask(api, row, stage).status
        if row.allowed_to == ANYONE or permission in row.allowed_to.split():
            # What may be called may still have nothing to do here.
            fine = status in {200, 201, 202, 206, 422}
        else:
            fine = status == (403 if permission else 404)
        if not fine:
            wrong.append((row.method, row.path, row.body, status))
    assert wrong == []


@pytest.mark.parametrize("scope", REACHES)
def test_each_scope_reaches_what_it_says_and_no_more(stage: App, scope: str) -> None:
    api = api_for(stage.owner, [scope])

    wrong = []
    for row in MATRIX:
        answered = ask(api, row, stage)
        refused = answered.status == 403 and "scopes" in answered.json["message"]
        if refused == (row.scope in REACHES[scope]):
            wrong.append((row.method, row.path, answered.status))
    assert wrong == []


def test_without_a_token_every_route_is_closed(stage: App, api: Api) -> None:
    api.token = "wrong"

    assert {ask(api, row, stage).status for row in MATRIX} == {401}


@pytest.mark.parametrize(
    "path", sorted(Path(views.__file__).parent.glob("*.py")), ids=lambda path: path.stem
)
def test_views_write_through_operations_alone(path: Path) -> None:
    """No view saves, creates, updates or deletes: that is what operations are for."""
    writes = {"save", "create", "bulk_create", "update", "delete", "get_or_create"}
    tree = ast.parse(path.read_text(encoding="utf-8"))

    found = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }

    assert not found & writes
