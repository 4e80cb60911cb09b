import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from releases.models.guards import kept_forever

NAME_PATTERN = r"^[a-z][a-z0-9-]{1,28}[a-z0-9]$"
RESERVED_NAMES = frozenset({"new"})
# What runs a slug is the host itself: it brings all that it needs along.
DEFAULT_STACK = "host"
# Where PostgreSQL tells that something happened to an app: its id.
CHANNEL = "rollbook_app"


class App(models.Model):
    """One application, and the head of its ledger.

    The row carries the version counter, the pointer to the current release and the head
    of the digest chain, so that no write ever needs `max()` or "the latest". Every
    write to an app locks this row first.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=30)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="owned_apps"
    )
    stack = models.CharField(max_length=50, default=DEFAULT_STACK)
    maintenance = models.BooleanField(default=False)

    hold_reason = models.TextField(blank=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    held_at = models.DateTimeField(null=True)

    kept_keys = ArrayField(models.CharField(max_length=256), default=list, blank=True)

    current_release = models.ForeignKey(
        "releases.Release", models.PROTECT, related_name="+", db_index=False
    )
    last_version = models.PositiveIntegerField(default=0)
    chain_head = models.CharField(max_length=64, blank=True)
    chain_length = models.PositiveBigIntegerField(default=0)

    data_key = models.BinaryField(null=True, editable=False)
    data_key_wrapped_by = models.CharField(max_length=16, blank=True, editable=False)

    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField()
    released_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name"]
        indexes = [
            models.Index(
                fields=["name"], condition=Q(held_at__isnull=False), name="app_held"
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(deleted_at=None),
                name="app_name_once_among_live_apps",
            ),
            models.CheckConstraint(
                condition=Q(name__regex=NAME_PATTERN)
                & ~Q(name__in=sorted(RESERVED_NAMES)),
                name="app_name_is_well_formed",
            ),
            models.CheckConstraint(
                condition=Q(held_at=None, held_by=None, hold_reason="")
                | (
                    Q(held_at__isnull=False, held_by__isnull=False) & ~Q(hold_reason="")
                ),
                name="app_hold_has_reason_person_and_time",
            ),
            models.CheckConstraint(
                condition=Q(deleted_at=None, data_key__isnull=False)
                | Q(deleted_at__isnull=False, data_key=None),
                name="app_destroyed_has_no_data_key",
            ),
        ]
        triggers = [
            *kept_forever(),
            pgtrigger.Protect(
                name="never_backwards",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(
                    new__last_version__lt=pgtrigger.F("old__last_version")
                )
                | pgtrigger.Q(new__chain_length__lt=pgtrigger.F("old__chain_length"))
                | pgtrigger.Q(
                    old__deleted_at__isnull=False, new__deleted_at__isnull=True
                )
                | pgtrigger.Q(new__id__df=pgtrigger.F("old__id"))
                | pgtrigger.Q(new__created_at__df=pgtrigger.F("old__created_at")),
            ),
            pgtrigger.Trigger(
                name="tells_the_runtime",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                # Every operation writes the app's row; heard when it is committed.
                func=f"PERFORM pg_notify('{CHANNEL}', NEW.id::text); RETURN NEW;",
            ),
            pgtrigger.Trigger(
                name="current_release_is_its_own",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                func="""
                    IF NOT EXISTS (
                        SELECT FROM releases_release
                        WHERE id = NEW.current_release_id AND app_id = NEW.id
                          AND status IN ('succeeded', 'expired')
                    ) THEN
                        RAISE EXCEPTION
                            'the current release of an app is one of its own that succeeded'
                            USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_held(self) -> bool:
        return self.held_at is not None
