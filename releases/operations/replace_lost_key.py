"""Going on after a master key was lost: what it locked is lost, everything else stays."""

from collections import Counter
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from releases.actors import Actor
from releases.errors import OperationRefused
from releases.models import Activity, App, ConfigVar
from releases.operations.ledger import lock_app, record_activity
from releases.permissions import Action, require_superuser
from releases.vault import give_data_key, make_key_file, master_keys


def replace_lost_key(*, actor: Actor) -> list[App]:
    """Erase the config values that a lost master key locks, so that apps get new ones.

    Every app whose data key no master key here unwraps gets a new data key; without a
    key file there is a new one first. The values cannot be read either way, unless the
    key turns up again: then put it back instead. Doing this again finishes what was
    interrupted. Returns those apps; refuses where no app needs a key that is not here.
    """
    require_superuser(actor, "replace a lost master key")
    file = Path(settings.ROLLBOOK_MASTER_KEY_FILE)
    if not settings.ROLLBOOK_MASTER_KEY and not file.exists():
        make_key_file(file)
    here = {key.id for key in master_keys()}
    locked = App.objects.filter(deleted_at=None).exclude(data_key_wrapped_by__in=here)
    apps = [_replace(app, here, actor=actor) for app in locked.order_by("name")]
    if not apps:
        raise OperationRefused(
            "No app needs a master key that is not here.", code="no_change"
        )
    return apps


@transaction.atomic
def _replace(app: App, here: set[str], *, actor: Actor) -> App:
    app = lock_app(app, actor=actor, to_do=Action.MANAGE)
    if app.data_key_wrapped_by in here:
        return app
    lost = ConfigVar.objects.filter(app=app, erased_at=None)
    rows = Counter(lost.values_list("name", flat=True))
    now = timezone.now()
    lost.update(ciphertext=None, erased_at=now)
    give_data_key(app)
    record_activity(
        app,
        actor=actor,
        kind=Activity.Kind.VALUES_LOST,
        summary="Lost every config value with the master key",
        detail={"rows": dict(rows)},
        changed=["data_key", "data_key_wrapped_by"],
        at=now,
    )
    return app
