import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Access(models.Model):
    """What a person may do with an app; the owner and superusers need none."""

    class Permission(models.TextChoices):
        """After Heroku's app permissions, and `rollback` for people on call."""

        VIEW = "view", "See the app, its releases and plans, and diffs by key"
        ROLLBACK = "rollback", "Roll back to releases that were live; mark; hold"
        DEPLOY = "deploy", "Deploy, roll back, see and change config values"
        OPERATE = "operate", "Roll back, cancel, scale, see and change config values"
        MANAGE = "manage", "Give access, rename, transfer, destroy, erase values"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    app = models.ForeignKey("releases.App", models.PROTECT, related_name="accesses")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="accesses"
    )
    permissions = ArrayField(models.CharField(max_length=10, choices=Permission))
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "access"
        constraints = [
            models.UniqueConstraint(
                fields=["app", "user"], name="access_once_per_app_and_user"
            ),
            models.CheckConstraint(
                condition=Q(permissions__contains=["view"])
                & Q(
                    permissions__contained_by=[
                        "view",
                        "rollback",
                        "deploy",
                        "operate",
                        "manage",
                    ]
                ),
                name="access_permissions_are_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {', '.join(self.permissions)}"
