"""The router's folder: what Caddy reads for each request, and what it is started with.

    caddy.json    its configuration (caddy_config.py), made of
    sites.json    the apps that there are, and their names
    pages/        what is answered instead of an app (pages.py)
    apps/ID/now   a link to a folder that says where requests to an app go just now:
      0, 1, 2...    the addresses of its processes, over and over
      release       the version that they run
      closed.html   there if this page is the answer, in maintenance or if nothing runs
      closed.json   the same for programs
    run/ log/ store/    Caddy's own: its admin socket, logs, certificates

As root the folder is the system user's to read, and only Caddy's own is his to write.
"""

import json
import os
import pwd
import secrets
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from django.conf import settings

from runtime.driver import Route
from runtime.local.caddy_routes import Site
from runtime.local.pages import MAINTENANCE, PAGES, down_page

CADDYS_OWN = ("run", "log", "store")
LOOPBACK = "127.0.0.1"


class RouterFiles:
    """Everything in the router's folder that is not Caddy's own."""

    def __init__(self) -> None:
        # Without the link: as root only we may go through the home.
        self.folder: Path = settings.ROUTER_FOLDER.resolve()
        self._apps = self.folder / "apps"

    def prepare(self, user: pwd.struct_passwd | None) -> None:
        """Make what is missing of the folder, for Caddy to run in it as `user`."""
        if user:
            os.chown(self.folder, -1, user.pw_gid)
            self.folder.chmod(0o750)
        for name in CADDYS_OWN:
            own = self.folder / name
            own.mkdir(mode=0o700, exist_ok=True)
            if user:
                os.chown(own, user.pw_uid, user.pw_gid)
        for name in ("apps", "pages"):
            _readable_folder(self.folder / name)
        for page in PAGES.values():
            _replace(self.folder / "pages" / f"{page.name}.html", page.html())
            _replace(self.folder / "pages" / f"{page.name}.json", page.json())

    def log_of(self, app_id: str) -> Path:
        return self.folder / "log" / f"{app_id}.json"

    def write_configuration(self, configuration: Mapping[str, object]) -> None:
        _replace(self.folder / "caddy.json", json.dumps(configuration))

    def sites(self) -> dict[str, Site]:
        """Return the apps that the configuration was last written for, by id."""
        try:
            text = (self.folder / "sites.json").read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        return {
            site["app_id"]: Site(site["app_id"], tuple(site["hosts"]), site["slots"])
            for site in json.loads(text)
        }

    def write_sites(self, sites: Collection[Site]) -> None:
        text = json.dumps([asdict(site) for site in sites])
        _replace(self.folder / "sites.json", text)

    def publish(self, route: Route, *, slots: int) -> None:
        """Have requests to an app go where `route` says, all from one moment on."""
        app = self._apps / str(route.app_id)
        now, files = app / "now", _files_of(route, slots)
        if _contents(now) == files:
            return
        before = str(now.readlink()) if now.is_symlink() else ""
        _readable_folder(app)
        state = app / secrets.token_hex(6)
        _readable_folder(state)
        written: dict[str, Path] = {}
        for name, text in files.items():
            if text in written:
                # Mostly so, and a link is made in less time than a file.
                (state / name).hardlink_to(written[text])
            else:
                _write(state / name, text)
                written[text] = state / name
        draft = app / "next"
        draft.unlink(missing_ok=True)
        draft.symlink_to(state.name)
        draft.replace(now)
        # A request may just be on its way into the one before.
        for old in app.iterdir():
            if old.name not in {"now", state.name, before}:
                shutil.rmtree(old)

    def keep_only(self, app_ids: Collection[str]) -> None:
        """Remove where requests to other apps went."""
        for app in self._apps.iterdir():
            if app.name not in app_ids:
                shutil.rmtree(app)


def _files_of(route: Route, slots: int) -> dict[str, str]:
    files = {"release": ""}
    if route.upstreams:
        files["release"] = str(max(upstream.version for upstream in route.upstreams))
        for slot in range(slots):
            upstream = route.upstreams[slot % len(route.upstreams)]
            files[str(slot)] = f"{LOOPBACK}:{upstream.port}"
    if route.in_maintenance or not route.upstreams:
        page = MAINTENANCE if route.in_maintenance else down_page(route.explanation)
        files |= {"closed.html": page.html(), "closed.json": page.json()}
    return files


def _contents(folder: Path) -> dict[str, str]:
    with suppress(FileNotFoundError):
        return {file.name: file.read_text("utf-8") for file in folder.iterdir()}
    return {}


def _readable_folder(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    # Whatever the umask made of that: the folder around it keeps others out.
    folder.chmod(0o755)


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    file.chmod(0o644)


def _replace(file: Path, text: str) -> None:
    """Write a file whole or not at all, also where the machine loses its power."""
    draft = file.with_name(f".{file.name}.new")
    _write(draft, text)
    with draft.open("rb") as written:
        os.fsync(written.fileno())
    draft.replace(file)
