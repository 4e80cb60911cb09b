"""Reading config sets: their rows, and what two of them differ in. Values stay sealed."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils import timezone

from releases.chain import config_set_digest, config_set_fingerprint
from releases.models import App, ConfigSet, ConfigVar

Vars = Mapping[str, ConfigVar]


class KeyChange(StrEnum):
    """What happens to a key on the way from one config to another."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    KEPT = "kept"


@dataclass(frozen=True)
class ConfigChange:
    """One key of a plan. `why` says what holds a kept key: "key" or "add-on"."""

    name: str
    change: KeyChange
    why: str = ""


def vars_of(*config_sets: ConfigSet) -> list[dict[str, ConfigVar]]:
    """Return the rows of each set by name, in order of name, without ciphertexts."""
    ids = {var_id for config_set in config_sets for var_id in config_set.var_ids}
    rows: dict[uuid.UUID, ConfigVar] = {}
    if ids:
        rows = ConfigVar.objects.defer("ciphertext").in_bulk(list(ids))
    by_set = {
        config_set.pk: {
            rows[var_id].name: rows[var_id] for var_id in config_set.var_ids
        }
        for config_set in config_sets
    }
    return [by_set[config_set.pk] for config_set in config_sets]


def same_values(a: Vars, b: Vars) -> bool:
    """Whether two configs would act the same: equal names, equal values."""
    return a.keys() == b.keys() and all(
        a[name].fingerprint == b[name].fingerprint for name in a
    )


def key_changes(old: Vars, new: Vars) -> list[ConfigChange]:
    """Return the keys that differ, in order of name."""
    changes = []
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            changes.append(ConfigChange(name, KeyChange.ADDED))
        elif name not in new:
            changes.append(ConfigChange(name, KeyChange.REMOVED))
        elif old[name].fingerprint != new[name].fingerprint:
            changes.append(ConfigChange(name, KeyChange.CHANGED))
    return changes


def make_config_set(app: App, config_vars: Iterable[ConfigVar]) -> ConfigSet:
    """Return a new, unsaved set of `config_vars`."""
    ordered = sorted(config_vars, key=lambda var: var.name)
    return ConfigSet(
        app=app,
        var_ids=[var.pk for var in ordered],
        digest=config_set_digest(ordered),
        fingerprint=config_set_fingerprint(ordered),
        created_at=timezone.now(),
    )
