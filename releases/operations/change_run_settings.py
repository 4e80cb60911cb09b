import re
from dataclasses import dataclass

from django.db import transaction

from releases.actors import Actor
from releases.errors import OperationRefused
from releases.models import Activity, App, RunSettings
from releases.operations.ledger import lock_app, record_activity
from releases.permissions import Action

PATH = re.compile(r"/[!-~]{0,199}")


@dataclass(frozen=True)
class RunChange:
    """What to change of how an app runs; None leaves a setting as it is."""

    ready_path: str | None = None
    release_phase_on_rollback: bool | None = None
    automatic_rollback: bool | None = None


@transaction.atomic
def change_run_settings(*, app: App, change: RunChange, actor: Actor) -> RunSettings:
    """Change how `app` is run; what is so already is left alone.

    A ready path is asked for over HTTP before a release gets traffic; "" asks for no
    more than an open port.
    """
    if change.ready_path and not PATH.fullmatch(change.ready_path):
        raise OperationRefused(
            "A ready path begins with / and has at most 200 characters, none of them"
            " a space.",
            code="invalid",
        )
    app = lock_app(app, actor=actor, to_do=Action.MANAGE)
    settings = RunSettings.objects.filter(app=app).first() or RunSettings(app=app)
    changed: dict[str, str | bool] = {
        name: value
        for name, value in vars(change).items()
        if value is not None and value != getattr(settings, name)
    }
    if not changed:
        return settings
    for name, value in changed.items():
        setattr(settings, name, value)
    settings.save()
    record_activity(
        app,
        actor=actor,
        kind=Activity.Kind.RUN_SETTINGS_CHANGED,
        summary=f"Changed how it runs: {', '.join(_words(changed))}",
        detail=changed,
    )
    return settings


def _words(changed: dict[str, str | bool]) -> list[str]:
    words = {True: "on", False: "off", "": "none"}
    return [
        f"{name.replace('_', ' ')} {words.get(value, value)}"
        for name, value in changed.items()
    ]
