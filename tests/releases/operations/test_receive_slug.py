import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from django.utils import timezone
from pytest_django import Settings

from releases.actors import Actor
from releases.errors import NotAllowed, NotFound, OperationRefused
from releases.models import Activity, App, Blob, Manifest, Slug
from releases.operations.destroy_app import destroy_app
from releases.operations.give_access import take_access
from releases.operations.receive_slug import receive_slug
from releases.slugs.errors import SlugRefused
from releases.slugs.manifest import paths
from releases.slugs.storage import delete_blob, stored_blobs, verify
from releases.slugs.unzipped import Readable
from tests.factories import FILES, archive, make_app, make_member
from tests.releases.slugs.hostile import HOSTILE
from tests.releases.slugs.stores import use_local_store, use_remote_store
from tests.releases.slugs.test_incoming import disk_of

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()
BYTES = archive(FILES)
SHA = hashlib.sha256(BYTES).hexdigest()
PATIENCE_IN_SECONDS = 20

T = TypeVar("T")


@pytest.fixture(autouse=True)
def uploads(settings: Settings, tmp_path: Path) -> Path:
    """Return the folder archives wait in, beside a store of this test's own."""
    return use_local_store(settings, tmp_path)


@pytest.fixture
def app() -> App:
    return make_app("shop")


def receive(
    app: App,
    contents: bytes | Readable = BYTES,
    *,
    commit: str = "",
    expected_sha256: str = "",
) -> Slug:
    return receive_slug(
        app=app,
        archive=io.BytesIO(contents) if isinstance(contents, bytes) else contents,
        commit=commit,
        expected_sha256=expected_sha256,
        actor=SYSTEM,
    )


class Given:
    """Gives an archive piece by piece, whatever happens in between."""

    def __init__(self, steps: Iterator[bytes]) -> None:
        self._steps = steps

    def read(self, _size: int, /) -> bytes:
        return next(self._steps, b"")


def test_a_slug_is_sealed_with_its_bytes_their_files_and_its_facts(app: App) -> None:
    commits = [{"sha": "b" * 40, "title": "Second", "author": "Ada <ada@example.com>"}]

    slug = receive_slug(
        app=app,
        archive=io.BytesIO(BYTES),
        commit="b" * 40,
        commit_title="Second",
        commit_author="Ada <ada@example.com>",
        base_commit="a" * 40,
        commits=commits,
        commits_total=7,
        expected_sha256=SHA,
        actor=SYSTEM,
    )

    slug = Slug.objects.select_related("blob__manifest").get(pk=slug.pk)
    assert slug.sealed_at
    assert slug.blob
    assert (slug.blob.pk, slug.blob.size, slug.blob.file_count) == (SHA, len(BYTES), 2)
    assert slug.blob.is_stored
    assert verify(SHA)
    assert list(paths(bytes(slug.blob.manifest.entries))) == sorted(FILES)
    assert slug.process_types == {"web": "python app.py"}
    assert (slug.commit, slug.commit_title) == ("b" * 40, "Second")
    assert (slug.base_commit, slug.commits, slug.commits_total) == (
        "a" * 40,
        commits,
        7,
    )
    assert (slug.stack, slug.created_by) == (app.stack, SYSTEM.user)


def test_it_is_one_line_in_the_app_s_history(app: App) -> None:
    before = app.activities.count()

    slug = receive(app, commit="c0ffee" * 6)

    activity = app.activities.order_by("-sequence")[0]
    assert app.activities.count() == before + 1
    assert activity.kind == Activity.Kind.SLUG_RECEIVED
    assert activity.summary == "Received slug c0ffeec"
    assert activity.detail["slug"] == str(slug.pk)
    assert activity.detail["sha256"] == SHA


def test_the_same_bytes_are_stored_once(app: App, tmp_path: Path) -> None:
    first = receive(app)
    stored_at = Blob.objects.get().stored_at
    (stored,) = (tmp_path / "slugs").rglob("*.tar.gz")
    inode = stored.stat().st_ino

    second = receive(make_app())

    assert (first.blob_id, second.blob_id) == (SHA, SHA)
    assert first.pk != second.pk
    assert Blob.objects.get().stored_at == stored_at
    assert stored.stat().st_ino == inode


def test_a_remote_store_gets_the_bytes_too(
    app: App, settings: Settings, uploads: Path
) -> None:
    use_remote_store(settings)

    receive(app)

    assert verify(SHA)
    assert list(uploads.iterdir()) == []


def test_nothing_is_left_of_any_hostile_archive(app: App, uploads: Path) -> None:
    before = app.activities.count()

    for contents, sentence in HOSTILE.values():
        with pytest.raises(SlugRefused, match=sentence):
            receive(app, contents)

    assert_nothing_is_left(app, uploads, before)


def test_the_settings_say_how_large_a_slug_may_be(app: App, settings: Settings) -> None:
    settings.SLUG_LIMITS = {"members": 1}

    with pytest.raises(SlugRefused, match="more than 1 files and folders"):
        receive(app)


def test_nothing_is_left_of_an_upload_that_breaks_off(app: App, uploads: Path) -> None:
    before = app.activities.count()

    def broken() -> Iterator[bytes]:
        yield BYTES[:50]
        raise ConnectionResetError("the client went away")

    with pytest.raises(ConnectionResetError):
        receive(app, Given(broken()))

    assert_nothing_is_left(app, uploads, before)


def test_nothing_is_left_of_bytes_that_are_not_those_promised(
    app: App, uploads: Path
) -> None:
    before = app.activities.count()

    with pytest.raises(SlugRefused, match=f"have the SHA-256 {SHA}, not {'0' * 64}"):
        receive(app, expected_sha256="0" * 64)

    assert_nothing_is_left(app, uploads, before)


def test_nothing_is_left_on_a_disk_that_is_full(app: App, uploads: Path) -> None:
    before = app.activities.count()

    with disk_of(100), pytest.raises(SlugRefused, match="no room left"):
        receive(app)

    assert_nothing_is_left(app, uploads, before)


def assert_nothing_is_left(app: App, uploads: Path, activities: int) -> None:
    assert list(uploads.iterdir()) == []
    assert list(stored_blobs()) == []
    assert not Blob.objects.exists()
    assert not Slug.objects.exists()
    assert app.activities.count() == activities


@pytest.mark.parametrize("permission", ["view", "rollback", "operate", "manage"])
def test_who_may_not_deploy_is_told_before_a_byte_is_read(
    app: App, permission: str
) -> None:
    def unread() -> Iterator[bytes]:
        yield pytest.fail("it was read")

    with pytest.raises(NotAllowed, match="needs the deploy"):
        receive_slug(
            app=app, archive=Given(unread()), actor=make_member(app, permission)
        )
    with pytest.raises(NotFound, match="There is no app called shop"):
        receive_slug(app=app, archive=Given(unread()), actor=make_member(make_app()))


def test_permission_is_asked_again_when_the_bytes_are_there(app: App) -> None:
    actor = make_member(app, "deploy")

    def meanwhile() -> Iterator[bytes]:
        yield BYTES[:50]
        take_access(app=app, user=actor.user, actor=SYSTEM)
        yield BYTES[50:]

    with pytest.raises(NotFound):
        receive_slug(app=app, archive=Given(meanwhile()), actor=actor)

    assert not Slug.objects.exists()


def test_an_app_destroyed_meanwhile_gets_no_slug(app: App) -> None:
    def meanwhile() -> Iterator[bytes]:
        yield BYTES[:50]
        destroy_app(app=app, confirm="shop", actor=SYSTEM)
        yield BYTES[50:]

    with pytest.raises(NotFound):
        receive(app, Given(meanwhile()))
    with pytest.raises(NotFound):
        receive(app)

    assert not Slug.objects.exists()


def test_bytes_that_were_pruned_are_stored_again(app: App) -> None:
    receive(app)
    Blob.objects.update(deleted_at=timezone.now())
    delete_blob(SHA)

    receive(app)

    assert Blob.objects.get().is_stored
    assert verify(SHA)
    assert Manifest.objects.count() == 1


def test_bytes_that_got_lost_are_stored_again(app: App) -> None:
    receive(app)
    delete_blob(SHA)

    receive(app)

    assert verify(SHA)


def test_what_git_says_is_made_fit_to_store(app: App) -> None:
    commits = [{"sha": "a" * 40, "title": "\ud800", "author": "\0"}] * 600

    slug = receive_slug(
        app=app,
        archive=io.BytesIO(BYTES),
        commit_title="tab\there\x1b[31m\0" + "x" * 600,
        commit_author="Ada\n<ada@example.com>",
        commits=commits,
        actor=SYSTEM,
    )

    slug.refresh_from_db()
    assert slug.commit_title.startswith("tab here [31m xxx")
    assert len(slug.commit_title) == 500
    assert slug.commit_author == "Ada <ada@example.com>"
    assert len(slug.commits) == 500
    assert slug.commits[0] == {"sha": "a" * 40, "title": "", "author": ""}
    assert slug.commits_total == 600


def test_a_commit_that_cannot_be_one_is_refused(app: App) -> None:
    with pytest.raises(OperationRefused, match="The commit has 65 characters"):
        receive(app, commit="a" * 65)
