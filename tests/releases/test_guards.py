"""Raw SQL against every rule that the database holds, as the role the product runs as."""

import re
from collections.abc import Iterator, Mapping

import pgtrigger
import psycopg
import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.test import override_settings
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from releases.actors import Actor
from releases.models import (
    SYSTEM_ID,
    Access,
    Activity,
    AddOn,
    App,
    Blob,
    Formation,
    Manifest,
    Mark,
    Release,
    ReleaseOutput,
    RunSettings,
    Slug,
)
from releases.operations.attach_addon import attach_addon, detach_addon
from releases.operations.change_config import change_config
from releases.operations.deploy import deploy
from releases.operations.erase_value import erase_value
from releases.operations.mark_release import mark_release, unmark_release
from releases.operations.settle_release import settle_release
from releases.operations.tokens import create_token, revoke_token
from tests.factories import make_app, make_config, make_member, make_process
from tests.releases.guard_cases import CASES

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system()
# A trigger that only passes the word on.
REFUSE_NOTHING = {"releases_app.tells_the_runtime"}
Rows = Mapping[str, str]


@pytest.fixture(scope="module")
def ledger(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Rows]:
    """Rows of every kind, by the names that the cases use; gone with the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        rows = {name: str(key) for name, key in _make_rows().items()}
        with connection.cursor() as cursor:
            # What is checked at commit only, now: TRUNCATE wants nothing outstanding.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        yield rows
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("rule", "statement"),
    [(rule, statement) for rule, tried in CASES.items() for statement in tried],
)
def test_the_database_refuses(ledger: Rows, rule: str, statement: str) -> None:
    with pytest.raises(DatabaseError) as refusal:
        _try(statement, ledger)

    assert _rule_of(refusal.value) == rule


def test_every_rule_of_the_models_is_tried() -> None:
    constraints = {
        constraint.name
        for model in apps.get_app_config("releases").get_models()
        for constraint in model._meta.constraints
    }

    assert set(CASES) == (constraints | set(_triggers().values())) - REFUSE_NOTHING


def _try(statement: str, rows: Rows) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, rows)
        assert cursor.rowcount, "no row was tried"
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _rule_of(error: DatabaseError) -> str:
    cause = error.__cause__
    assert isinstance(cause, psycopg.Error)
    if cause.diag.constraint_name:
        return cause.diag.constraint_name
    function = re.search(r"pgtrigger_\w+(?=\(\))", cause.diag.context or "")
    assert function, error
    return _triggers()[function[0]]


def _triggers() -> dict[str, str]:
    """Return every trigger as table.name, by the name of its function."""
    return {
        trigger.get_pgid(model): f"{model._meta.db_table}.{trigger.name}"
        for model, trigger in pgtrigger.registered()
    }


def _make_rows() -> dict[str, object]:
    app, other = make_app("shop"), make_app("other")
    access = Access.objects.get(user=make_member(app).user)
    token = create_token(user=app.owner, name="ci", actor=SYSTEM).token
    revoked = create_token(user=app.owner, name="old", actor=SYSTEM).token
    rows = {
        "token": token.pk,
        "revoked": revoke_token(token=revoked, actor=SYSTEM).pk,
        "app": app.pk,
        "system": SYSTEM_ID,
        "user": app.owner_id,
        "access": access.pk,
        "destroyed": _make_destroyed().pk,
        "process": make_process(app, "web", 1).pk,
        "run_settings": RunSettings.objects.create(app=app).pk,
        "formation": Formation.objects.create(
            app=app, process_type="web", quantity=1, updated_at=timezone.now()
        ).pk,
        **_make_foreign(other),
        **_make_slugs(app),
    }
    return rows | _make_config(app) | _make_releases(app, str(rows["slug"]))


def _make_destroyed() -> App:
    app = make_app("gone")
    App.objects.filter(pk=app.pk).update(deleted_at=timezone.now(), data_key=None)
    return app


def _make_foreign(app: App) -> dict[str, object]:
    release = make_config(app, KEY="value")
    return {
        "foreign_app": app.pk,
        "foreign_release": release.pk,
        "foreign_set": release.config_set_id,
        "foreign_var": release.config_set.var_ids[0],
        "foreign_slug": _make_slug(app, _make_blob("f")).pk,
    }


def _make_slugs(app: App) -> dict[str, object]:
    stored, pruned = _make_blob("a"), _make_blob("b")
    slug = _make_slug(app, stored)
    unsealed = Slug.objects.create(
        app=app, stack="host", created_by_id=SYSTEM_ID, created_at=timezone.now()
    )
    Blob.objects.filter(pk=pruned.pk).update(deleted_at=timezone.now())
    awaited = Blob.objects.create(
        sha256="c" * 64, size=1, unpacked_size=1, file_count=1
    )
    return {
        "slug": slug.pk,
        "unsealed": unsealed.pk,
        "blob": stored.pk,
        "manifest": stored.pk,
        "pruned": pruned.pk,
        "awaited": awaited.pk,
    }


def _make_blob(letter: str) -> Blob:
    blob = Blob.objects.create(
        sha256=letter * 64,
        size=1,
        unpacked_size=1,
        file_count=1,
        stored_at=timezone.now(),
    )
    Manifest.objects.create(blob=blob, entries=b"")
    return blob


def _make_slug(app: App, blob: Blob) -> Slug:
    now = timezone.now()
    return Slug.objects.create(
        app=app,
        blob=blob,
        stack="host",
        process_types={"web": "python app.py"},
        commits=[{"sha": "1"}],
        created_by_id=SYSTEM_ID,
        created_at=now,
        sealed_at=now,
    )


def _make_config(app: App) -> dict[str, object]:
    """Rows of config vars: one current, one erased, and an older value of its key."""
    erased = make_config(app, KEY="leaked")
    older = make_config(app, KEY="old")
    current = make_config(app, KEY="new")
    erase_value(release=erased, name="KEY", actor=SYSTEM)
    for name in ("pg", "redis"):
        attach_addon(
            app=app, plan=f"{name}:free", name=name, config_vars={}, actor=SYSTEM
        )
    detach_addon(app=app, name="redis", actor=SYSTEM)
    return {
        "configvar": current.config_set.var_ids[0],
        "same_key": older.config_set.var_ids[0],
        "erased": erased.config_set.var_ids[0],
        "configset": current.config_set_id,
        "addon": AddOn.objects.get(name="pg").pk,
        "detached": AddOn.objects.get(name="redis").pk,
    }


def _make_releases(app: App, slug_id: str) -> dict[str, object]:
    """Releases in every status, the pending one last, and what is said of them."""
    slug = Slug.objects.get(pk=slug_id)
    first, second = (deploy(app=app, slug=slug, actor=SYSTEM) for _ in range(2))
    Release.objects.filter(pk=first.pk).update(status=Release.Status.EXPIRED)
    mark = mark_release(
        release=second, kind=Mark.Kind.BAD, reason="It crashes.", actor=SYSTEM
    )
    mark_release(release=second, kind=Mark.Kind.PIN, actor=SYSTEM)
    cleared = unmark_release(release=second, kind=Mark.Kind.PIN, actor=SYSTEM)
    activity = Activity.objects.get(release=second, kind="release.created")
    with override_settings(RELEASES_SETTLE_AT_ONCE=False):
        failed = make_config(app, KEY="broken")
        settle_release(release=failed, succeeded=False, message="No.", actor=SYSTEM)
        pending = change_config(
            app=app, set_vars={"KEY": "slow"}, actor=SYSTEM, idempotency_key="once"
        )
    assert pending
    return {
        "deploy": second.pk,
        "expired": first.pk,
        "failed": failed.pk,
        "pending": pending.pk,
        "version": pending.version,
        "releaseoutput": ReleaseOutput.objects.get(release=failed).pk,
        "mark": mark.pk,
        "cleared": cleared.pk,
        "activity": activity.pk,
    }
