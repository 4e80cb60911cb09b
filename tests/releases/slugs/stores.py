"""Slug stores of a test's own: a local one, and one that has no paths, as S3 has none."""

from pathlib import Path

from pytest_django import Settings

IN_MEMORY = "django.core.files.storage.InMemoryStorage"


def use_local_store(settings: Settings, home: Path) -> Path:
    """Keep slugs under `home`, and return the folder they wait in while they arrive."""
    local = settings.STORAGES["slugs"]
    options = local["OPTIONS"] | {"location": home / "slugs"}
    settings.STORAGES = settings.STORAGES | {"slugs": local | {"OPTIONS": options}}
    uploads = home / "uploads"
    uploads.mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = uploads
    return uploads


def use_remote_store(settings: Settings) -> None:
    settings.STORAGES = settings.STORAGES | {"slugs": {"BACKEND": IN_MEMORY}}
