"""bin/up: starts everything, serves until told to stop, and leaves nothing running."""

import argparse
import os
import signal
import sys
import time
from contextlib import ExitStack
from shutil import which
from socket import socket
from types import FrameType

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from dashboard.machine.addresses import bound_socket, is_loopback
from dashboard.machine.apps import start_router, start_runtime, start_supervisor
from dashboard.machine.errors import CannotStart, InUse
from dashboard.machine.locks import alive, locked, private_file
from dashboard.machine.parts import Parts, Stoppable
from dashboard.machine.processes import Child
from dashboard.machine.web_server import GRACE, answers, web_server
from dashboard.postgres import server as postgres

# How long what a killed bin/up left behind may take to end.
PATIENCE = 20.0
PAUSE = 0.05
# The one that browsers ask for without being told.
HTTP_PORT = 80


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bin/up",
        description="Serve Rollbook, after preparing whatever it needs. Settings come "
        "from the environment: HOST, PORT, ROLLBOOK_HOME, DATABASE_URL and others that "
        "README.md explains.",
    )
    parser.add_argument(
        "--demo",
        action="store_true",
        help="Fill an empty Rollbook with a story to try things on: apps with three weeks"
        " of releases, the newest of which has to be rolled back. Needs git; where there"
        " are apps already, it changes nothing.",
    )
    demo = parser.parse_args().demo
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    _end_on_signals()
    try:
        _serve(demo=demo)
    except (CannotStart, ImproperlyConfigured) as refusal:
        sys.exit(str(refusal))


def _serve(*, demo: bool) -> None:
    with ExitStack() as stack:
        if demo:
            _refuse_to_go_without_git()
        _refuse_plain_http_to_others()
        lock = _lock_home(stack)
        listener = stack.enter_context(
            bound_socket(settings.HOST, settings.PORT, setting="PORT")
        )
        sockets = _router_sockets(stack) if settings.ROLLBOOK_RUNTIME else []
        parts = Parts(stack)
        if not settings.DATABASE_URL:
            parts.start("database", _database)
        _prepare(stack, lock, *(["--demo"] if demo else []))
        if settings.ROLLBOOK_RUNTIME:
            parts.start("router", lambda: start_router(sockets, [lock]))
            parts.start("supervisor of the apps", lambda: start_supervisor([lock]))
            parts.start("runtime", lambda: start_runtime([lock]))
        parts.start(
            "web server", lambda: web_server(listener, workers=_workers(), keep=[lock])
        )
        _wait_until_ready(parts, listener)
        _say_ready()
        while True:
            parts.keep()
            time.sleep(PAUSE)


def _router_sockets(stack: ExitStack) -> list[socket]:
    """Take the addresses of the apps, so that they stay ours whatever becomes of Caddy."""
    ports = {"ROUTER_PORT": settings.ROUTER_PORT}
    if settings.ROUTER_HTTPS_PORT:
        ports["ROUTER_HTTPS_PORT"] = settings.ROUTER_HTTPS_PORT
    return [
        stack.enter_context(bound_socket(settings.ROUTER_HOST, port, setting=name))
        for name, port in ports.items()
    ]


def _database() -> Stoppable:
    return postgres.start(settings.ROLLBOOK_HOME, patience=PATIENCE)


def _workers() -> int:
    return max(2, min(8, os.cpu_count() or 1))


def _end_on_signals() -> None:
    signals = [signal.SIGINT, signal.SIGTERM]
    # Under nohup it is ignored, and stays so.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signals.append(signal.SIGHUP)

    def end(_number: int, _frame: FrameType | None) -> None:
        # Once is enough: a second Ctrl-C must not interrupt the stopping.
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        sys.exit(0)

    for each in signals:
        signal.signal(each, end)


def _refuse_to_go_without_git() -> None:
    if not which("git"):
        raise CannotStart(
            "--demo deploys from git repositories, and git is not installed: install it,"
            " or start without --demo."
        )


def _refuse_plain_http_to_others() -> None:
    if settings.ROLLBOOK_URL.startswith("http://") and not is_loopback(settings.HOST):
        raise CannotStart(
            f"HOST={settings.HOST} would serve plain http to others: set ROLLBOOK_URL to "
            "the https address of the proxy in front of Rollbook."
        )


def _lock_home(stack: ExitStack) -> int:
    """Hold the home. What a killed bin/up left of itself holds it too, until it ends."""
    lock = stack.enter_context(private_file(settings.ROLLBOOK_HOME / "up.lock"))
    deadline = time.monotonic() + PATIENCE
    while not locked(lock):
        lock.seek(0)
        holder = lock.read().decode("ascii")
        # Nobody's number yet: then that one has just started.
        if not holder or alive(int(holder)) or time.monotonic() > deadline:
            raise InUse(
                f"Another bin/up (process {holder or 'unknown'}) serves "
                f"{settings.ROLLBOOK_HOME}: stop it, or set ROLLBOOK_HOME and PORT."
            )
        time.sleep(PAUSE)
    lock.truncate(0)
    lock.write(str(os.getpid()).encode())
    return lock.fileno()


def _prepare(stack: ExitStack, lock: int, *arguments: str) -> None:
    child = Child(
        [sys.executable, "-m", "dashboard.machine.prepare", *arguments],
        death_signal=signal.SIGKILL,
        cwd=settings.BASE_DIR,
        keep=[lock],
    )
    stack.callback(child.stop, signal.SIGTERM, patience=GRACE, force=signal.SIGKILL)
    if child.process.wait() != 0:
        raise CannotStart("Rollbook could not be prepared; the lines above say why.")


def _wait_until_ready(parts: Parts, listener: socket) -> None:
    while not answers(listener):
        parts.keep()
        time.sleep(PAUSE)


def _say_ready() -> None:
    note, demo_note = settings.FIRST_ACCOUNT_NOTE, settings.DEMO_NOTE
    sys.stdout.write(f"Rollbook is ready at {settings.ROLLBOOK_URL}\n")
    if settings.ROLLBOOK_RUNTIME:
        port = "" if settings.ROUTER_PORT == HTTP_PORT else f":{settings.ROUTER_PORT}"
        sys.stdout.write(
            f"Apps are reached at http://NAME.{settings.ROUTER_DOMAIN}{port}\n"
        )
    if note.exists():
        email, password = note.read_text(encoding="utf-8").splitlines()
        shown = password or "as in ROLLBOOK_ADMIN_PASSWORD"
        sys.stdout.write(
            "\nThe first account, shown this once:\n"
            f"  e-mail    {email}\n  password  {shown}\n"
        )
    if demo_note.exists():
        sys.stdout.write(demo_note.read_text(encoding="utf-8"))
    sys.stdout.flush()
    note.unlink(missing_ok=True)
    demo_note.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
