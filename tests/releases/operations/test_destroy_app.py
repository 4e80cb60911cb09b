import pytest
from pytest_django import Settings

from releases.actors import Actor
from releases.errors import NotFound, OperationRefused
from releases.models import App, Blob, ConfigVar
from releases.operations.destroy_app import destroy_app
from releases.queries import find_app, visible_apps
from releases.slugs.storage import blob_exists
from releases.vault import VaultLocked, open_vault
from tests.factories import FILES, acting, make_app, make_config, make_deploy

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@pytest.fixture
def app() -> App:
    app = make_app("shop")
    make_deploy(app, files=FILES)
    make_config(app, TOKEN="s3cret")
    return app


def test_it_is_gone_for_everyone_and_its_name_is_free(app: App) -> None:
    destroy_app(app=app, confirm="shop", actor=acting(app.owner))

    assert list(visible_apps(SYSTEM)) == []
    with pytest.raises(NotFound):
        find_app("shop", actor=acting(app.owner))
    assert make_app("shop").pk != app.pk


def test_its_values_can_never_be_read_again_and_its_ledger_stays(app: App) -> None:
    destroy_app(app=app, confirm="shop", actor=acting(app.owner))

    destroyed = App.objects.get(pk=app.pk)
    with pytest.raises(VaultLocked, match="was destroyed"):
        open_vault(destroyed)
    assert ConfigVar.objects.get(app=app).fingerprint
    assert destroyed.releases.count() == 3
    assert destroyed.activities.order_by("-sequence")[0].summary == "Destroyed shop"


def test_its_bytes_go_unless_another_app_shares_them(app: App) -> None:
    other = make_app()
    make_deploy(other, files=FILES)
    own = make_deploy(app)
    assert own.slug

    destroy_app(app=app, confirm="shop", actor=acting(app.owner))

    gone = Blob.objects.get(pk=own.slug.blob_id)
    shared = Blob.objects.exclude(pk=gone.pk).get()
    assert (gone.is_stored, blob_exists(gone.pk)) == (False, False)
    assert (shared.is_stored, blob_exists(shared.pk)) == (True, True)


def test_a_release_on_its_way_ends_with_it(app: App, settings: Settings) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False
    pending = make_config(app, TOKEN="other")

    destroy_app(app=app, confirm="shop", actor=acting(app.owner))

    pending.refresh_from_db()
    assert pending.status == "failed"
    destroyed, settled = app.activities.order_by("-sequence")[:2]
    assert settled.summary == "v4 failed, its app was destroyed"
    assert destroyed.summary == "Destroyed shop"


def test_it_takes_its_name_to_confirm(app: App) -> None:
    with pytest.raises(OperationRefused, match="To destroy shop, confirm"):
        destroy_app(app=app, confirm="shpo", actor=acting(app.owner))

    assert App.objects.get(pk=app.pk).deleted_at is None
