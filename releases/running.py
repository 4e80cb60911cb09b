"""What runs of an app, where apps run here at all."""

from django.conf import settings

from releases.errors import OperationRefused
from releases.models import App, Process

NOT_RUN_HERE = (
    "Rollbook keeps this app's releases and does not run them: it has no processes to"
    " start, scale, restart or stop."
)


def require_runtime() -> None:
    if not settings.ROLLBOOK_RUNTIME:
        raise OperationRefused(NOT_RUN_HERE, code="not_run_here")


def running_processes(app: App, *, with_idle: bool = False) -> list[Process]:
    """Return what runs for `app` or is about to, each with its release.

    In order of name, of two of a name the newer one last. Those that wait idle for a way
    back are left out unless asked for: they are not what should run.
    """
    processes = app.processes.select_related("release")
    if not with_idle:
        processes = processes.exclude(state=Process.State.IDLE)
    return list(processes.order_by("process_type", "number", "created_at"))
