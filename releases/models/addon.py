import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from releases.models.guards import kept_forever, only_moves


class AddOn(models.Model):
    """A resource attached to an app, with the config vars it owns.

    A rollback never attaches or detaches one, nor restores its config vars.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    app = models.ForeignKey("releases.App", models.PROTECT, related_name="addons")
    name = models.CharField(max_length=100)
    service = models.CharField(max_length=100)
    plan = models.CharField(max_length=200)
    config_var_names = ArrayField(models.CharField(max_length=256), default=list)
    attached_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    attached_at = models.DateTimeField()
    detached_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    detached_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "add-on"
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(detached_at=None),
                name="addon_name_once_among_attached",
            ),
            models.CheckConstraint(
                condition=Q(name__regex=r"^[a-zA-Z][A-Za-z0-9_-]+$"),
                name="addon_name_is_well_formed",
            ),
            models.CheckConstraint(
                condition=Q(detached_at=None, detached_by=None)
                | Q(detached_at__isnull=False, detached_by__isnull=False),
                name="addon_detached_by_someone",
            ),
        ]
        triggers = [
            *kept_forever(),
            only_moves(
                "detached_at", "detached_by_id", unless="OLD.detached_at IS NOT NULL"
            ),
        ]

    def __str__(self) -> str:
        return self.name
