from django.db import transaction
from django.utils import timezone

from releases.actors import Actor
from releases.config import vars_of
from releases.errors import Conflict, NotFound
from releases.models import Activity, App, ConfigVar, Process, Release
from releases.operations.ledger import lock_app, record_activity
from releases.permissions import Action


@transaction.atomic
def erase_value(*, release: Release, name: str, actor: Actor) -> int:
    """Erase the value that `name` has in `release` from all history of the app.

    Every row with that value loses its ciphertext; names, fingerprints and digests
    stay, so that the chain verifies. Releases that need it can no longer be restored
    with their config. Refused while the value is current, or in a pending release.
    Processes that wait idle with it are stopped. Returns how many rows were erased.
    """
    app = lock_app(release.app, actor=actor, to_do=Action.MANAGE)
    [config_vars] = vars_of(release.config_set)
    var = config_vars.get(name)
    if var is None:
        raise NotFound(f"{release} of {app} has no config var {name[:60]!r}.")
    same = ConfigVar.objects.filter(
        app=app, name=name, fingerprint=var.fingerprint, erased_at=None
    )
    rows = list(same.values_list("pk", flat=True))
    if not rows:
        raise Conflict(f"This value of {name} was erased already.", code="no_change")
    _refuse_while_in_use(app, var)
    now = timezone.now()
    erased = same.update(ciphertext=None, erased_at=now)
    app.processes.filter(
        state=Process.State.IDLE, release__config_set__var_ids__overlap=rows
    ).update(idle_until=now)
    record_activity(
        app,
        actor=actor,
        kind=Activity.Kind.VALUE_ERASED,
        summary=f"Erased the value that {name} had in {release}",
        release=release,
        detail={"key": name, "rows": erased},
    )
    return erased


def _refuse_while_in_use(app: App, var: ConfigVar) -> None:
    in_use = app.releases.filter(pk=app.current_release_id) | app.releases.filter(
        status=Release.Status.PENDING
    )
    for release in in_use.select_related("config_set"):
        [config_vars] = vars_of(release.config_set)
        same = config_vars.get(var.name)
        if same and same.fingerprint == var.fingerprint:
            raise Conflict(
                f"{var.name} has this value in {release}, which is"
                f" {'pending' if release.status == 'pending' else 'current'};"
                " set another one first.",
                code="value_in_use",
            )
