"""When the demo tells its story, and when it does not."""

from pathlib import Path

import pytest
from django.conf import settings

from dashboard.demo.fill import fill_in
from releases.actors import Actor
from releases.models import App, User
from releases.operations.destroy_app import destroy_app
from releases.slugs.storage import blob_exists, store
from tests.factories import make_app, make_slug

pytestmark = pytest.mark.django_db


def test_beside_an_app_it_says_so_and_changes_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = make_app("mine")

    fill_in()

    assert capsys.readouterr().out == (
        "There are apps already, so the demo adds nothing.\n"
    )
    assert list(App.objects.all()) == [app]
    assert not User.objects.filter(email="dana@example.com").exists()
    assert not settings.DEMO_NOTE.exists()


def test_a_destroyed_app_is_one_too(capsys: pytest.CaptureFixture[str]) -> None:
    app = make_app("mine")
    destroy_app(app=app, confirm="mine", actor=Actor.system())

    fill_in()

    assert "adds nothing" in capsys.readouterr().out
    assert App.objects.count() == 1


def test_bytes_that_a_killed_start_stored_are_removed_unless_a_row_tells_them(
    tmp_path: Path,
) -> None:
    slug = make_slug(make_app())
    unknown = "0" * 64
    stored = tmp_path / "stored"
    stored.write_bytes(b"what no row tells")
    store(stored, unknown)
    left = settings.FILE_UPLOAD_TEMP_DIR / "demo"
    left.mkdir()
    (left / "stored").write_text(f"{slug.blob_id}\n{unknown}\n")

    fill_in()

    assert slug.blob_id
    assert blob_exists(slug.blob_id)
    assert not blob_exists(unknown)
    assert not left.exists()
