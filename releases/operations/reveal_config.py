from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from releases.actors import Actor
from releases.errors import NotFound
from releases.models import Activity, App, ConfigSet, ConfigVar, Release
from releases.operations.change_config import describe_names
from releases.operations.ledger import lock_app, record_activity
from releases.permissions import Action
from releases.vault import open_vault

READS_COUNT_AS_ONE_FOR = timedelta(hours=1)


@transaction.atomic
def reveal_config(
    *,
    app: App,
    actor: Actor,
    names: Collection[str] | None = None,
    release: Release | None = None,
) -> dict[str, str]:
    """Return config values of `app` in the clear, by name, and record who saw which.

    All of the current release unless `names` or `release` say otherwise. Repeated
    reading by one token within the hour is one activity, reading nothing is none. Refuses erased values.
    """
    app = lock_app(app, actor=actor, to_do=Action.CONFIGURE)
    shown = release or app.current_release
    if shown.app_id != app.pk:
        raise NotFound(f"{app} has no such release.")
    rows = _rows(shown.config_set, names)
    vault = open_vault(app)
    values = {name: vault.decrypt(var) for name, var in rows.items()}
    if values and not _read_lately(app, actor, shown, sorted(values)):
        record_activity(
            app,
            actor=actor,
            kind=Activity.Kind.VALUES_REVEALED,
            summary=f"Revealed {describe_names(sorted(values))} of {shown}",
            release=shown,
            detail={"keys": sorted(values)},
        )
    return values


def _rows(config_set: ConfigSet, names: Collection[str] | None) -> dict[str, ConfigVar]:
    rows = {
        var.name: var
        for var in ConfigVar.objects.filter(pk__in=config_set.var_ids).order_by("name")
    }
    if names is None:
        return rows
    missing = sorted(set(names) - rows.keys())
    if missing:
        raise NotFound(f"There is no config var {missing[0][:60]!r} in this release.")
    return {name: rows[name] for name in sorted(names)}


def _read_lately(app: App, actor: Actor, release: Release, keys: list[str]) -> bool:
    if not actor.token_name:
        return False
    return app.activities.filter(
        kind=Activity.Kind.VALUES_REVEALED,
        release=release,
        actor=actor.user,
        token_name=actor.token_name,
        detail__keys=keys,
        created_at__gt=timezone.now() - READS_COUNT_AS_ONE_FOR,
    ).exists()
