import secrets

from django.db import transaction
from django.utils import timezone

from releases.actors import Actor
from releases.errors import Conflict, OperationRefused
from releases.models import Activity, App, Process
from releases.models.running import ONE_OFF
from releases.operations.inputs import require_text
from releases.operations.ledger import lock_app, record_activity
from releases.permissions import Action

COMMAND_LIMIT = 10_000
AT_ONCE = 20


@transaction.atomic
def run_once(*, app: App, command: str, actor: Actor) -> Process:
    """Run a command once, with the code and config of the current release.

    It goes on by itself; its output is in the app's log. The timeline keeps the command.
    """
    process = _record(app, command, actor)
    process.save(force_insert=True)
    return process


@transaction.atomic
def run_attached(*, app: App, command: str, actor: Actor) -> Process:
    """Say that a command is run by hand, like `run_once`; whoever asks runs it.

    The process that is returned is theirs: nothing else keeps it.
    """
    return _record(app, command, actor)


def _record(app: App, command: str, actor: Actor) -> Process:
    command = require_text(command, "command", limit=COMMAND_LIMIT)
    app = lock_app(app, actor=actor, to_do=Action.OPERATE)
    if app.current_release.slug is None:
        raise OperationRefused(f"{app} has no code to run yet: deploy it first.")
    taken = set(
        app.processes.filter(process_type=ONE_OFF).values_list("number", flat=True)
    )
    if len(taken) >= AT_ONCE:
        raise Conflict(f"{app} runs {AT_ONCE} commands already; stop one, or wait.")
    now = timezone.now()
    process = Process(
        app=app,
        release=app.current_release,
        process_type=ONE_OFF,
        number=secrets.choice([n for n in range(1_000, 10_000) if n not in taken]),
        command=command,
        state_at=now,
        created_at=now,
    )
    record_activity(
        app,
        actor=actor,
        kind=Activity.Kind.COMMAND_RUN,
        summary=f"Ran {process}",
        release=app.current_release,
        detail={"command": command},
        at=now,
    )
    return process
