"""Changing the master key: every data key is wrapped anew, no value is touched.

The file holds the new key and the old ones until no app needs these, so that whatever
ends this halfway leaves every value readable; doing it again finishes it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from releases.actors import Actor
from releases.errors import Conflict, OperationRefused
from releases.models import Activity, App
from releases.operations.ledger import record_outside_apps
from releases.permissions import require_superuser
from releases.two_factor import reseal_two_factor
from releases.vault import (
    MasterKey,
    VaultLocked,
    master_keys,
    new_master_key,
    rewrap_data_key,
    wait_for_new_secrets,
    write_key_file,
)

BATCH = 50
ROTATING = 0x726F74  # An advisory lock's number: "rot".


@dataclass(frozen=True)
class Rotation:
    """What wraps now, how many data keys it took over, and which keys nobody needs.

    Those that stood in the file are gone from it; those of the setting are for its
    owner to remove.
    """

    key_id: str
    apps: int
    unneeded: Sequence[str]
    in_file: bool


def rotate_master_key(*, actor: Actor) -> Rotation:
    """Wrap the data key of every app by a new master key, and drop the old ones.

    The secrets of two-factor are sealed anew by it too. Where the setting
    ROLLBOOK_MASTER_KEY has the keys, it is the first that it lists. Refuses while
    another rotation runs, and while an app needs a key that is not here.
    """
    require_superuser(actor, "rotate the master key")
    with _alone():
        in_file = not settings.ROLLBOOK_MASTER_KEY
        keys = master_keys()
        _refuse_lost_keys(keys)
        if in_file:
            keys = [new_master_key(), *keys]
            write_key_file(Path(settings.ROLLBOOK_MASTER_KEY_FILE), keys)
        elif not _apps_not_wrapped_by(keys[0]).exists() and len(keys) == 1:
            raise OperationRefused(
                "ROLLBOOK_MASTER_KEY lists one key, and everything is wrapped by it; put"
                " a new one before it: `openssl rand -base64 32` makes one.",
                code="no_change",
            )
        # What was begun with the keys of before is taken over with the rest.
        wait_for_new_secrets()
        reseal_two_factor()
        rotation = Rotation(
            key_id=keys[0].id,
            apps=sum(_rewrap_batches(keys[0])),
            unneeded=sorted({key.id for key in keys} - {keys[0].id}),
            in_file=in_file,
        )
        _record(rotation, actor=actor)
        if in_file:
            write_key_file(Path(settings.ROLLBOOK_MASTER_KEY_FILE), keys[:1])
    return rotation


@contextmanager
def _alone() -> Iterator[None]:
    """Refuse where another rotation runs; one that is killed lets go."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ROTATING])
        if cursor.fetchone() != (True,):
            raise Conflict("Another rotation of the master key is running.")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ROTATING])


def _refuse_lost_keys(keys: Sequence[MasterKey]) -> None:
    here = {"", *(key.id for key in keys)}
    locked = App.objects.exclude(data_key_wrapped_by__in=here).order_by("name").first()
    if locked:
        raise VaultLocked(
            f"{locked} needs the master key {locked.data_key_wrapped_by}, which is not"
            " here. Put it back from a backup, or destroy the app if it is lost."
        )


def _apps_not_wrapped_by(key: MasterKey) -> QuerySet[App]:
    return App.objects.filter(data_key__isnull=False).exclude(
        data_key_wrapped_by=key.id
    )


def _rewrap_batches(key: MasterKey) -> Iterator[int]:
    while rewrapped := _rewrap_batch(key):
        yield rewrapped


@transaction.atomic
def _rewrap_batch(key: MasterKey) -> int:
    """Rewrap some data keys. Who reads a value meanwhile holds the app's lock."""
    apps = list(
        _apps_not_wrapped_by(key).select_for_update(no_key=True).order_by("pk")[:BATCH]
    )
    for app in apps:
        rewrap_data_key(app)
    App.objects.bulk_update(apps, ["data_key", "data_key_wrapped_by"])
    return len(apps)


def _record(rotation: Rotation, *, actor: Actor) -> None:
    record_outside_apps(
        actor=actor,
        kind=Activity.Kind.KEYS_ROTATED,
        summary=f"Rotated the master key to {rotation.key_id}",
        detail={
            "key": rotation.key_id,
            "unneeded": rotation.unneeded,
            "apps": rotation.apps,
        },
    )
