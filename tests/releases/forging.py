"""An app's story, and changing its ledger as the owner of the database could."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from pytest_django import DjangoDbBlocker

from releases.actors import Actor
from releases.models import App, Mark
from releases.operations.attach_addon import attach_addon
from releases.operations.mark_release import mark_release
from releases.operations.roll_back import roll_back
from tests.factories import make_app, make_config, make_deploy, make_user

SYSTEM = Actor.system()


@contextmanager
def story_of_a_module(blocker: DjangoDbBlocker) -> Iterator[App]:
    """v2 and v3 deploy, v4 and v5 set config, v7 goes back to v4; v2 is pinned.

    Gone with the module; what a test does to it is gone with the test.
    """
    with blocker.unblock(), transaction.atomic():
        app = make_app("shop", owner=make_user("ada@example.com"))
        pinned = make_deploy(app)
        make_deploy(app)
        make_config(app, KEY="one", OTHER="same")
        make_config(app, KEY="two")
        attach_addon(
            app=app, plan="postgresql:free", name="pg", config_vars={}, actor=SYSTEM
        )
        roll_back(app=app, to=4, reason="It broke.", actor=SYSTEM)
        mark_release(release=pinned, kind=Mark.Kind.PIN, actor=SYSTEM)
        yield App.objects.get(pk=app.pk)
        transaction.set_rollback(True)


def rows_of(app: App) -> Mapping[str, str]:
    """Return what forgeries of the story name."""
    first, second = app.slugs.order_by("sealed_at")
    one, two = (app.releases.get(version=version).config_set for version in (4, 5))
    rows = {
        "app": app.pk,
        "foreign": make_app("elsewhere").pk,
        "stranger": make_user("grace@example.com").pk,
        "v3": app.releases.get(version=3).pk,
        "slug": first.pk,
        "blob": first.blob_id,
        "blob2": second.blob_id,
        "set": two.pk,
        "one": one.var_ids[0],
        "two": two.var_ids[0],
    }
    return {name: str(key) for name, key in rows.items()}


def forge(statement: str, rows: Mapping[str, Any]) -> None:
    """Run statements with the triggers off; the last must change something."""
    with connection.cursor() as cursor:
        _switch_triggers(cursor, "DISABLE")
        cursor.execute(statement, rows)
        assert cursor.rowcount, "nothing was forged"
        _switch_triggers(cursor, "ENABLE")


def _switch_triggers(cursor: CursorWrapper, to: str) -> None:
    # A table with checks that wait for the commit cannot be altered.
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for model in apps.get_app_config("releases").get_models():
        cursor.execute(f"ALTER TABLE {model._meta.db_table} {to} TRIGGER USER")
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
