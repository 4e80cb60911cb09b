"""The two steps of pruning: what a crash leaves between them, and what arrives there."""

import hashlib
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import OperationalError, transaction
from django.utils import timezone
from pytest_django import Settings

from releases.models import App, Blob
from releases.operations.destroy_app import destroy_app
from releases.operations.ledger import lock_app
from releases.operations.receive_slug import receive_slug
from releases.permissions import Action
from releases.slugs.storage import blob_exists, store
from tests.factories import archive, make_app, make_deploy
from tests.releases.operations.background import (
    in_the_background,
    wait_until_someone_waits,
)
from tests.releases.operations.test_prune_slugs import (
    SYSTEM,
    blob_of,
    make_app_with_code,
    prune,
    restorable,
)
from tests.releases.slugs.stores import use_local_store

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def uploads(settings: Settings, tmp_path: Path) -> Path:
    """Return the folder archives wait in, beside a store of this test's own."""
    return use_local_store(settings, tmp_path)


@pytest.fixture
def app() -> App:
    """An app that ran v2 to v6, each with code of its own."""
    return make_app_with_code("shop", 6)


def mark_deleted(blob: Blob) -> None:
    Blob.objects.filter(pk=blob.pk).update(deleted_at=timezone.now())


def never_stored(blob: Blob) -> None:
    Blob.objects.filter(pk=blob.pk).update(stored_at=None)


@pytest.mark.parametrize("crash", [mark_deleted, never_stored])
def test_what_a_crash_left_is_deleted_by_the_next_run(
    tmp_path: Path, crash: Callable[[Blob], None]
) -> None:
    blob = store_bytes(tmp_path, b"left over")
    crash(blob)
    assert blob_exists(blob.pk)

    prune(dry_run=True)
    assert blob_exists(blob.pk)
    prune()

    assert not blob_exists(blob.pk)


def test_bytes_that_arrived_again_after_they_were_marked_are_left_alone(
    app: App,
) -> None:
    contents = archive({"version.txt": "2 of shop"})
    mark_deleted(blob_of(app, 2))

    receive_slug(app=app, archive=io.BytesIO(contents), actor=SYSTEM)
    prune()

    sha256 = hashlib.sha256(contents).hexdigest()
    assert Blob.objects.get(pk=sha256).is_stored
    assert blob_exists(sha256)


def test_bytes_that_no_app_ever_got_go_after_a_day(tmp_path: Path) -> None:
    blob = store_bytes(tmp_path, b"refused in the end")

    assert prune().blobs == {}
    with time_machine.travel(timezone.now() + timedelta(days=1, hours=1)):
        assert prune(dry_run=True).blobs == {blob.pk: blob}
        assert blob_exists(blob.pk)
        assert prune().blobs == {blob.pk: blob}

    assert not blob_exists(blob.pk)


def test_bytes_without_a_row_are_not_ours_to_judge(tmp_path: Path) -> None:
    blob = store_bytes(tmp_path, b"of a newer database", row=False)

    prune()

    assert blob_exists(blob.pk)


def test_what_destroying_an_app_did_not_get_to_is_done(app: App) -> None:
    shas = [blob_of(app, version).pk for version in range(2, 7)]
    # Died after the commit that destroyed it.
    App.objects.filter(pk=app.pk).update(deleted_at=timezone.now(), data_key=None)

    with time_machine.travel(timezone.now() + timedelta(days=1, hours=1)):
        prune()

    assert not any(map(blob_exists, shas))


def test_a_destroyed_app_holds_no_bytes_back(app: App) -> None:
    staging = make_app("staging")
    make_deploy(staging, files={"version.txt": "2 of shop"})
    destroy_app(app=staging, confirm="staging", actor=SYSTEM)

    prune()

    assert restorable(app) == [5, 6]


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_any_other_operation_on_the_app(app: App) -> None:
    with transaction.atomic():
        lock_app(app, actor=SYSTEM, to_do=Action.SEE)
        impatient = in_the_background(prune, patience="50ms")
        with pytest.raises(OperationalError, match="lock timeout"):
            impatient.result()

    assert restorable(app) == [2, 3, 4, 5, 6]


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_whoever_stores_the_same_bytes(app: App) -> None:
    with transaction.atomic():
        Blob.objects.select_for_update().get(pk=blob_of(app, 2).pk)
        impatient = in_the_background(prune, patience="50ms")
        with pytest.raises(OperationalError, match="lock timeout"):
            impatient.result()

    assert restorable(app) == [2, 3, 4, 5, 6]


@pytest.mark.django_db(transaction=True)
def test_bytes_are_deleted_under_the_lock_of_their_row(tmp_path: Path) -> None:
    blob = store_bytes(tmp_path, b"marked")
    mark_deleted(blob)

    with transaction.atomic():
        Blob.objects.select_for_update().get()
        impatient = in_the_background(prune, patience="50ms")
        with pytest.raises(OperationalError, match="lock timeout"):
            impatient.result()

    assert blob_exists(blob.pk)


@pytest.mark.django_db(transaction=True)
def test_bytes_that_another_app_gets_at_that_moment_stay(app: App) -> None:
    blob = blob_of(app, 2)
    other = make_app("other")

    with transaction.atomic():
        contents = archive({"version.txt": "2 of shop"})
        receive_slug(app=other, archive=io.BytesIO(contents), actor=SYSTEM)
        pruning = in_the_background(prune)
        wait_until_someone_waits()

    assert pruning.result().versions["shop"] == [3, 4]
    assert Blob.objects.get(pk=blob.pk).is_stored
    assert blob_exists(blob.pk)


def store_bytes(folder: Path, contents: bytes, *, row: bool = True) -> Blob:
    """Store bytes that no slug has."""
    blob = Blob(
        sha256=hashlib.sha256(contents).hexdigest(),
        size=len(contents),
        unpacked_size=1,
        file_count=1,
        stored_at=timezone.now(),
    )
    if row:
        blob.save(force_insert=True)
    (folder / "contents").write_bytes(contents)
    store(folder / "contents", blob.pk)
    return blob
