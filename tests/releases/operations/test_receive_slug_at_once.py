"""Bytes that arrive while others act, store and prune."""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest
from django.db import OperationalError, transaction
from pytest_django import Settings

from releases.errors import Conflict
from releases.models import App, Blob, Slug
from releases.operations.change_config import change_config
from releases.operations.destroy_app import destroy_app
from releases.operations.ledger import lock_app
from releases.permissions import Action
from releases.slugs.storage import delete_blob, stored_blobs, verify
from releases.verification import verify_app
from tests.factories import make_app
from tests.releases.operations.background import (
    PATIENCE_IN_SECONDS,
    in_the_background,
    wait_until_someone_waits,
)
from tests.releases.operations.test_receive_slug import (
    BYTES,
    SHA,
    SYSTEM,
    Given,
    receive,
)
from tests.releases.slugs.stores import use_local_store

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def uploads(settings: Settings, tmp_path: Path) -> Path:
    """Return the folder archives wait in, beside a store of this test's own."""
    return use_local_store(settings, tmp_path)


@pytest.fixture
def app() -> App:
    return make_app("shop")


def test_others_act_on_the_app_while_bytes_arrive(app: App) -> None:
    def meanwhile() -> Iterator[bytes]:
        yield BYTES[:50]
        in_the_background(
            lambda: change_config(app=app, set_vars={"A": "1"}, actor=SYSTEM)
        ).result()
        yield BYTES[50:]

    receive(app, Given(meanwhile()))

    kinds = list(app.activities.order_by("sequence").values_list("kind", flat=True))
    assert kinds[-2:] == ["release.created", "slug.received"]
    assert list(verify_app(app.pk)) == []


def test_the_same_bytes_arriving_at_once_are_stored_once(uploads: Path) -> None:
    together = Barrier(4)

    def arriving() -> Iterator[bytes]:
        yield BYTES[:50]
        together.wait(PATIENCE_IN_SECONDS)
        yield BYTES[50:]

    apps = [make_app() for _ in range(4)]
    futures = [
        in_the_background(partial(receive, app, Given(arriving()))) for app in apps
    ]
    slugs = [future.result() for future in futures]

    assert {slug.blob_id for slug in slugs} == {SHA}
    assert Blob.objects.get().is_stored
    assert verify(SHA)
    assert list(uploads.iterdir()) == []


def test_it_waits_for_whoever_stores_or_prunes_the_same_bytes(app: App) -> None:
    receive(app)

    with transaction.atomic():
        Blob.objects.select_for_update().get()
        impatient = in_the_background(lambda: receive(app), patience="50ms")
        with pytest.raises(OperationalError, match="lock timeout"):
            impatient.result()


def test_bytes_pruned_between_storing_and_sealing_are_stored_again(app: App) -> None:
    other = make_app("other")
    receive(other)

    with about_to_seal(app) as sealing:
        # The other app was the only one to need the bytes, as far as anyone can see.
        in_the_background(
            lambda: destroy_app(app=other, confirm="other", actor=SYSTEM)
        ).result()
        assert list(stored_blobs()) == []

    slug = sealing.result()
    assert slug.blob_id == SHA
    assert Blob.objects.get().is_stored
    assert verify(SHA)


def test_bytes_gone_for_good_between_storing_and_sealing_are_asked_for_again(
    app: App,
) -> None:
    with about_to_seal(app) as sealing:
        in_the_background(lambda: delete_blob(SHA)).result()

    with pytest.raises(Conflict, match="were pruned as they arrived; send them again"):
        sealing.result()
    assert not Slug.objects.exists()


@contextmanager
def about_to_seal(app: App) -> Iterator[Future[Slug]]:
    """Hold a slug of `app` between the storing of its bytes and its sealing."""
    with transaction.atomic():
        lock_app(app, actor=SYSTEM, to_do=Action.DEPLOY)
        sealing = in_the_background(lambda: receive(app))
        wait_until_someone_waits()
        yield sealing
