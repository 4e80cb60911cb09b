"""Making backups of one home and restoring them into another, on the test's database."""

import tarfile
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from pytest_django import Settings

from releases.backups.container import SUMS, writing
from releases.models import App
from releases.operations.destroy_app import destroy_app
from releases.operations.erase_value import erase_value
from releases.operations.reveal_config import reveal_config
from tests.factories import make_app, make_config, make_deploy, make_user
from tests.releases.forging import SYSTEM


def use_home(configured: Settings, folder: Path) -> None:
    """Keep slugs, keys and uploads in `folder` from now on."""
    for name in ("slugs", "uploads"):
        (folder / name).mkdir(parents=True)
    configured.ROLLBOOK_MASTER_KEY_FILE = folder / "keys" / "master.key"
    configured.FILE_UPLOAD_TEMP_DIR = folder / "uploads"
    slugs = configured.STORAGES["slugs"]
    configured.STORAGES = {
        **configured.STORAGES,
        "slugs": {
            **slugs,
            "OPTIONS": {**slugs["OPTIONS"], "location": folder / "slugs"},
        },
    }


def make_story() -> App:
    """An app with code, config and an erased value, and one that was destroyed."""
    app = make_app("shop", owner=make_user("ada@example.com"))
    make_deploy(app)
    leaked = make_config(app, KEY="leaked", OTHER="same")
    make_config(app, KEY="s3cr3t-value")
    erase_value(release=leaked, name="KEY", actor=SYSTEM)
    make_deploy(app)
    gone = make_app("gone")
    make_deploy(gone)
    destroy_app(app=gone, confirm="gone", actor=SYSTEM)
    return app


def move_to_a_new_home(configured: Settings, folder: Path) -> None:
    """Leave an empty database and an empty home, as after an accident."""
    use_home(configured, folder)
    call_command("flush", interactive=False, verbosity=0)


def config(app: App) -> Mapping[str, str]:
    return reveal_config(app=App.objects.get(pk=app.pk), actor=SYSTEM)


def stored_files() -> list[str]:
    """Return what is in the home: slugs, keys, and uploads that were left."""
    home = Path(settings.ROLLBOOK_MASTER_KEY_FILE).parent.parent
    return sorted(
        str(file.relative_to(home)) for file in home.rglob("*") if file.is_file()
    )


def contents(backup: Path) -> dict[str, bytes]:
    with tarfile.open(backup, "r:") as tar:
        found = {}
        for member in tar:
            opened = tar.extractfile(member)
            assert opened
            found[member.name] = opened.read()
        return found


def rewrite(backup: Path, changes: Mapping[str, bytes | None]) -> None:
    """Change members of a backup, None takes one out; all its checksums fit again."""
    members = {**contents(backup), **changes}
    with backup.open("wb") as file, writing(file, lambda _: None) as writer:
        for name, text in members.items():
            if text is not None and name != SUMS:
                with writer.member(name) as sink:
                    sink.write(text)
