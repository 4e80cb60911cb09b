import re
import uuid
from collections.abc import Collection, Mapping, Sequence

from django.db import transaction
from django.utils import timezone

from releases.actors import Actor
from releases.config import (
    ConfigChange,
    KeyChange,
    Vars,
    key_changes,
    make_config_set,
    vars_of,
)
from releases.errors import Conflict, OperationRefused
from releases.models import AddOn, App, ConfigVar, Release
from releases.models.config import KEY_PATTERN, sha256_of
from releases.operations.inputs import clean_text, is_unicode
from releases.operations.ledger import (
    Request,
    append_release,
    current_release,
    lock_app,
    refuse_while_pending,
    release_made_by,
)
from releases.permissions import Action
from releases.vault import AppVault, open_vault

NAME_LIMIT = 256
# What one variable may take of a process's environment on Linux is 128 KiB.
VALUE_LIMIT = 64 * 1024
COUNT_LIMIT = 1_000
NAMES_SHOWN = 20


class ConfigMoved(Conflict):
    """Somebody changed the config since it was looked at; `changes` are by key."""

    code = "config_moved"

    def __init__(
        self, seen: Release, current: Release, changes: Sequence[ConfigChange]
    ) -> None:
        self.changes = changes
        names = describe_names([change.name for change in changes])
        super().__init__(
            f"The config was changed since you looked at {seen}: {current} runs now, in"
            f" which {names} {'is' if len(changes) == 1 else 'are'} not the same. Nothing"
            " was saved."
        )


@transaction.atomic
def change_config(
    *,
    app: App,
    set_vars: Mapping[str, str] | None = None,
    unset: Collection[str] = (),
    actor: Actor,
    reason: str = "",
    seen: int | None = None,
    idempotency_key: str = "",
) -> Release | None:
    """Set and unset any number of config vars of `app`, as one release.

    Returns None where nothing would change: then there is no release. Unsetting what is
    not set is no error. Refuses malformed names, values no environment can hold, and
    the keys that an attached add-on owns. With `seen`, the version whose config the
    person looked at, it raises ConfigMoved where that is not how it stands any more.
    """
    set_vars = set_vars or {}
    refuse_invalid(set_vars, unset)
    reason = clean_text(reason, "reason")
    app = lock_app(app, actor=actor, to_do=Action.CONFIGURE)
    vault = open_vault(app)
    request = Request.of(
        idempotency_key,
        do="config",
        set=vault.fingerprints(set_vars),
        unset=sorted(unset),
        reason=reason,
    )
    if earlier := release_made_by(app, actor, request):
        return earlier
    refuse_while_pending(app)

    current = current_release(app)
    [old] = vars_of(current.config_set)
    _refuse_moved(app, seen, current, old)
    _refuse_owned_by_addons(app, old, {*set_vars, *unset})
    changed = new_vars(app, vault, old, set_vars, actor)
    removed = sorted(name for name in unset if name in old)
    if not changed and not removed:
        return None
    kept = {name: var for name, var in old.items() if name not in removed}
    config = kept | {var.name: var for var in changed}
    _refuse_too_many(config)
    ConfigVar.objects.bulk_create(changed)
    config_set = make_config_set(app, config.values())
    config_set.save(force_insert=True)
    return append_release(
        app,
        actor=actor,
        kind=Release.Kind.CONFIG,
        description=describe([var.name for var in changed], removed),
        slug=current.slug,
        config_set=config_set,
        addon_plan_names=current.addon_plan_names,
        request=request,
        reason=reason,
        detail=_detail(changed, removed, old),
    )


def _detail(
    changed: Sequence[ConfigVar], removed: Sequence[str], old: Vars
) -> dict[str, Sequence[str]]:
    return {
        "added": [var.name for var in changed if var.name not in old],
        "changed": [var.name for var in changed if var.name in old],
        "removed": removed,
    }


def pending_change(
    app: App, current: Release, set_vars: Mapping[str, str], unset: Collection[str]
) -> list[ConfigChange]:
    """Return what a change would do to the config of the current release; changes nothing.

    Whether a value is the one that is there it does not tell: that is revealed on record.
    Refuses what `change_config` would, as far as it takes no lock and opens no vault.
    """
    refuse_invalid(set_vars, unset)
    [old] = vars_of(current.config_set)
    _refuse_owned_by_addons(app, old, {*set_vars, *unset})
    changes = [
        ConfigChange(name, KeyChange.CHANGED if name in old else KeyChange.ADDED)
        for name in set_vars
    ]
    changes += [ConfigChange(name, KeyChange.REMOVED) for name in unset if name in old]
    return sorted(changes, key=lambda change: change.name)


def _refuse_moved(app: App, seen: int | None, current: Release, now: Vars) -> None:
    if seen is None:
        return
    then = app.releases.select_related("config_set").filter(version=seen).first()
    if then is None:
        raise OperationRefused(f"{app} has no release v{seen}.", code="invalid")
    [before] = vars_of(then.config_set)
    changes = key_changes(before, now)
    if changes:
        raise ConfigMoved(then, current, changes)


def refuse_invalid(set_vars: Mapping[str, str], unset: Collection[str]) -> None:
    """Refuse names and values that no config var may have; never quotes a value."""
    for name in [*set_vars, *unset]:
        if len(name) > NAME_LIMIT:
            raise OperationRefused(
                f"{name[:20] + '…'!r} is no name for a config var: it has more than"
                f" {NAME_LIMIT} characters.",
                code="invalid",
            )
        if not re.fullmatch(KEY_PATTERN, name):
            raise OperationRefused(
                f"{name[:60]!r} is no name for a config var: letters, digits and"
                " underscores, not beginning with a digit.",
                code="invalid",
            )
    both = sorted(set(set_vars) & set(unset))
    if both:
        raise OperationRefused(
            f"{both[0]} is both set and unset; which is it?", code="invalid"
        )
    for name, value in set_vars.items():
        if "\0" in value or not is_unicode(value):
            raise OperationRefused(
                f"The value of {name} is not text that an environment can hold.",
                code="invalid",
            )
        if len(value.encode()) > VALUE_LIMIT:
            raise OperationRefused(
                f"The value of {name} has more than {VALUE_LIMIT // 1024} KiB.",
                code="invalid",
            )


def new_vars(
    app: App,
    vault: AppVault,
    old: Vars,
    values: Mapping[str, str],
    actor: Actor,
    *,
    addon: AddOn | None = None,
) -> list[ConfigVar]:
    """Return unsaved rows for those of `values` that differ from `old`, by name."""
    made = []
    for name, value in sorted(values.items()):
        fingerprint = vault.fingerprint(name, value)
        before = old.get(name)
        if before and before.fingerprint == fingerprint and addon is None:
            continue
        row_id = uuid.uuid4()
        ciphertext = vault.encrypt(row_id, name, value)
        made.append(
            ConfigVar(
                id=row_id,
                app=app,
                name=name,
                ciphertext=ciphertext,
                ciphertext_sha256=sha256_of(ciphertext),
                fingerprint=fingerprint,
                addon=addon,
                created_by=actor.user,
                created_at=timezone.now(),
            )
        )
    return made


def describe(set_names: list[str], removed: list[str]) -> str:
    """Say what a config change did in Heroku's words, with a bounded number of names."""
    if not removed:
        return f"Set {describe_names(set_names)} config vars"
    if not set_names:
        return f"Remove {describe_names(removed)} config vars"
    return f"Set {describe_names(set_names)} and remove {describe_names(removed)} config vars"


def describe_names(names: list[str]) -> str:
    more = len(names) - NAMES_SHOWN
    shown = ", ".join(names[:NAMES_SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown


def _refuse_too_many(config: Vars) -> None:
    if len(config) > COUNT_LIMIT:
        raise OperationRefused(
            f"An app has {COUNT_LIMIT:,} config vars at most.", code="invalid"
        )


def _refuse_owned_by_addons(app: App, old: Vars, names: Collection[str]) -> None:
    owned = sorted(name for name in names if name in old and old[name].addon_id)
    if owned:
        raise OperationRefused(
            f"{', '.join(owned)} of {app} belongs to an attached add-on;"
            " detach the add-on to change it.",
            code="owned_by_addon",
        )
