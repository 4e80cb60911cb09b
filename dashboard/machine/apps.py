"""The parts that run apps: the router, supervisord, and what reconciles both."""

import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from socket import socket

from django.conf import settings

from dashboard.machine.locks import private_file
from dashboard.machine.processes import Child
from runtime.local.caddy import launch
from runtime.local.supervisor import Supervisor

# How long a part may take to end, once it was asked to.
GRACE = 7.0
BACKLOG = 1_024


@dataclass
class AppsPart:
    """A process of its own, that ends when it is asked to."""

    child: Child

    def ended(self) -> bool:
        return self.child.ended()

    def stop(self) -> None:
        self.child.stop(signal.SIGTERM, patience=GRACE, force=signal.SIGKILL)


@dataclass
class SupervisorPart(AppsPart):
    """supervisord with all that it runs: each process of an app has as long as a part."""

    supervisor: Supervisor

    def stop(self) -> None:
        if not self.ended():
            self.supervisor.stop_all()
        super().stop()


def start_router(sockets: Sequence[socket], keep: Sequence[int]) -> AppsPart:
    """Send the traffic of apps on: what is plain http, and then https if there is any."""
    for each in sockets:
        each.listen(BACKLOG)
    plan = launch(*(each.fileno() for each in sockets))
    with private_file(plan.output) as output:
        return AppsPart(
            Child(
                plan.command,
                death_signal=signal.SIGTERM,
                user=plan.user,
                env=plan.env,
                cwd=plan.cwd,
                keep=[*(each.fileno() for each in sockets), *keep],
                output=output,
            )
        )


def start_supervisor(keep: Sequence[int]) -> SupervisorPart:
    supervisor = Supervisor(settings.RUNTIME_FOLDER)
    child = Child(
        supervisor.command(),
        # Its launchers notice, and end what they run.
        death_signal=signal.SIGKILL,
        env=supervisor.environment(),
        cwd=settings.RUNTIME_FOLDER,
        keep=keep,
    )
    return SupervisorPart(child, supervisor)


def start_runtime(keep: Sequence[int]) -> AppsPart:
    return AppsPart(
        Child(
            [sys.executable, "manage.py", "runtime"],
            death_signal=signal.SIGKILL,
            cwd=settings.BASE_DIR,
            keep=keep,
        )
    )
