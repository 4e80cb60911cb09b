"""The Dev Center's recipe: a slug is announced, its bytes are put, a release is made."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.cli.server import ACCEPT, ADA, Server


def curl(*arguments: str) -> str:
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--fail-with-body", *arguments],  # noqa: S607  # wherever it is
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def post(server: Server, path: str, body: object) -> Any:
    answer = curl(
        *("-X", "POST"),
        *("-H", f"Accept: {ACCEPT}"),
        *("-H", "Content-Type: application/json"),
        *("-H", f"Authorization: Bearer {server.tokens[ADA]}"),
        *("-d", json.dumps(body)),
        f"{server.url}{path}",
    )
    return json.loads(answer)


def deploy(server: Server, app: str, slug: Path, *, commit: str = "") -> Any:
    """Return the release that runs the code of a tarball."""
    announced = post(
        server,
        f"/apps/{app}/slugs",
        {
            "process_types": {"web": "python app.py", "release": "true"},
            "commit": commit or None,
        },
    )
    url = announced["blob"]["url"]
    curl("-X", "PUT", "-H", "Content-Type:", "--data-binary", f"@{slug}", url)
    return post(server, f"/apps/{app}/releases", {"slug": announced["id"]})
