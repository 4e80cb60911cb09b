import re

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from releases.actors import Actor
from releases.errors import NotFound
from releases.models import Activity, App, Process
from releases.models.running import ONCE
from releases.operations.ledger import lock_app, record_activity
from releases.permissions import Action

NUMBER = re.compile(r"[0-9]{1,4}")


@transaction.atomic
def restart_processes(*, app: App, name: str = "", actor: Actor) -> list[Process]:
    """Have processes started anew, of the same release: all, of a type, or one by name.

    New ones take over when they are ready. What runs once is not among them.
    """
    app = lock_app(app, actor=actor, to_do=Action.OPERATE)
    found = _named(app, name).exclude(process_type__in=ONCE)
    processes = list(found.exclude(state__in=["idle", "stopping"]))
    if not processes and name:
        raise _no_such_process(app, name)
    now = timezone.now()
    Process.objects.filter(pk__in=[process.pk for process in processes]).update(
        restart_asked_at=now
    )
    _record(app, Activity.Kind.PROCESSES_RESTARTED, "Restarted", name, actor)
    return processes


@transaction.atomic
def stop_processes(*, app: App, name: str, actor: Actor) -> list[Process]:
    """Stop what runs once, by name; others are stopped and start again, as at Heroku."""
    app = lock_app(app, actor=actor, to_do=Action.OPERATE)
    found = _named(app, name).exclude(state__in=["idle", "stopping"])
    stopped = [process.pk for process in found]
    if not stopped:
        raise _no_such_process(app, name)
    now = timezone.now()
    run_once = Q(process_type__in=ONCE)
    found.exclude(run_once).update(restart_asked_at=now)
    found.filter(run_once).update(
        state=Process.State.STOPPING, state_at=now, message=f"Stopped by {actor}."
    )
    _record(app, Activity.Kind.PROCESSES_STOPPED, "Stopped", name, actor)
    return list(_named(app, name).filter(pk__in=stopped))


def _named(app: App, name: str) -> QuerySet[Process]:
    """Find the processes that "", "web" or "web.1" names."""
    processes = app.processes.order_by("process_type", "number")
    process_type, _, number = name.partition(".")
    if not name:
        return processes
    if not number:
        return processes.filter(process_type=process_type)
    if not NUMBER.fullmatch(number):
        return processes.none()
    return processes.filter(process_type=process_type, number=int(number))


def _no_such_process(app: App, name: str) -> NotFound:
    return NotFound(f"{app} runs no process {name[:100]}.")


def _record(app: App, kind: Activity.Kind, verb: str, name: str, actor: Actor) -> None:
    record_activity(
        app,
        actor=actor,
        kind=kind,
        summary=f"{verb} {name or 'all processes'}",
        detail={"processes": name},
    )
