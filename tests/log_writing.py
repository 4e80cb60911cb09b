"""Logs as the runtime and the router write them, in folders of a test's own."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from pytest_django import Settings

from releases.models import App

START = datetime(2026, 11, 25, 19, 5, 54, tzinfo=UTC)


@pytest.fixture
def log_folders(settings: Settings, tmp_path: Path) -> None:
    settings.RUNTIME_FOLDER = tmp_path / "runtime"
    settings.ROUTER_FOLDER = tmp_path / "router"


def process_log(app: App, name: str) -> Path:
    folder = Path(settings.RUNTIME_FOLDER) / "logs" / str(app.pk)
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.log"


def router_log(app: App) -> Path:
    folder = Path(settings.ROUTER_FOLDER) / "log"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{app.pk}.json"


def stamped(text: str | bytes, *, second: float = 0, version: int = 2) -> bytes:
    """Return a line as a process's log has it, so many seconds after the start."""
    time = START + timedelta(seconds=second)
    stamp = time.replace(tzinfo=None).isoformat(timespec="milliseconds")
    said = text.encode() if isinstance(text, str) else text
    return f"{stamp}Z v{version} ".encode() + said + b"\n"


def requested(uri: str, *, second: float = 0, **more: object) -> bytes:
    """Return a line as the router's log has it."""
    said = {
        "ts": (START + timedelta(seconds=second)).timestamp(),
        "request": {
            "client_ip": "192.0.2.7",
            "method": "GET",
            "host": "shop.localhost:8080",
            "uri": uri,
        },
        "status": 200,
        "duration": 0.0123,
        "size": 512,
        "release": "2",
        "upstream": "127.0.0.1:20001",
        "request_id": "7f1c2d3e-0000-4000-8000-000000000001",
        **more,
    }
    return json.dumps(said).encode() + b"\n"


def add(path: Path, *lines: bytes) -> None:
    with path.open("ab") as file:
        file.write(b"".join(lines))


def rotate(path: Path) -> None:
    path.rename(f"{path}.1")
    path.touch()
