import re
import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from releases.models.guards import append_only, kept_forever, only_moves, refused_if
from releases.models.source import Source

WRITTEN_VERSION = re.compile(r"[vV]?([0-9]{1,9})")


def version_in(text: str) -> int | None:
    """Return the version that people write as 12 or v12; None if they wrote none."""
    found = WRITTEN_VERSION.fullmatch(text.strip())
    return int(found[1]) if found else None


class Release(models.Model):
    """One line of an app's ledger: a slug and a config set that ran together.

    Only its status moves, and only forwards: a pending release settles once, and a
    succeeded one expires when its bytes are pruned. A rollback is a new release that
    restores another one, so versions only grow.
    """

    class Kind(models.TextChoices):
        INITIAL = "initial", "Initial release"
        DEPLOY = "deploy", "Deploy"
        CONFIG = "config", "Config change"
        ROLLBACK = "rollback", "Rollback"
        ADDON = "add-on", "Add-on"
        PROMOTION = "promotion", "Promotion"

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"
        EXPIRED = "expired", "Expired"

    class Scope(models.TextChoices):
        EVERYTHING = "everything", "Code and config"
        CODE = "code", "Code only"
        CONFIG = "config", "Config only"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    app = models.ForeignKey(
        "releases.App", models.PROTECT, related_name="releases", db_index=False
    )
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    status = models.CharField(max_length=10, choices=Status)
    settled_at = models.DateTimeField(null=True)
    description = models.TextField()
    slug = models.ForeignKey(
        "releases.Slug", models.PROTECT, null=True, related_name="releases"
    )
    config_set = models.ForeignKey(
        "releases.ConfigSet", models.PROTECT, related_name="releases"
    )
    addon_plan_names = ArrayField(models.CharField(max_length=200), default=list)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="releases"
    )
    actor_email = models.EmailField()
    source = models.CharField(max_length=10, choices=Source)
    token_name = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)
    incident_url = models.TextField(blank=True)
    restores = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="restored_by"
    )
    scope = models.CharField(max_length=10, choices=Scope, blank=True)
    digest = models.CharField(max_length=64)
    idempotency_key = models.CharField(max_length=255, blank=True)
    request_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-version"]
        indexes = [
            models.Index(
                fields=["app", "version"],
                condition=Q(kind="rollback", status__in=["succeeded", "expired"]),
                name="release_rollback_went_live",
            ),
            models.Index(fields=["created_at"], name="release_by_time"),
            models.Index(
                fields=["app", "created_at"],
                include=["kind", "status"],
                name="release_by_app_and_time",
            ),
            models.Index(
                fields=["created_at"],
                condition=Q(status="failed"),
                name="release_failed_by_time",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["app", "version"],
                include=["status", "kind", "slug", "config_set", "restores"],
                name="release_version_once_per_app",
            ),
            models.UniqueConstraint(
                fields=["app"],
                condition=Q(status="pending"),
                name="release_pending_once_per_app",
            ),
            models.UniqueConstraint(
                fields=["app", "actor", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="release_once_per_idempotency_key",
            ),
            models.CheckConstraint(
                condition=Q(version=1, kind="initial")
                | (Q(version__gt=1) & ~Q(kind="initial")),
                name="release_initial_is_version_1",
            ),
            models.CheckConstraint(
                condition=Q(status="pending", settled_at=None)
                | (~Q(status="pending") & Q(settled_at__isnull=False)),
                name="release_settled_has_a_time",
            ),
            models.CheckConstraint(
                condition=(Q(kind="rollback", restores__isnull=False) & ~Q(scope=""))
                | (~Q(kind="rollback") & Q(restores=None, scope="")),
                name="release_restores_only_on_rollback",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["deploy", "promotion"]) | Q(slug__isnull=False),
                name="release_deploy_has_a_slug",
            ),
            models.CheckConstraint(
                condition=Q(idempotency_key="", request_hash="")
                | (~Q(idempotency_key="") & ~Q(request_hash="")),
                name="release_idempotency_key_with_request_hash",
            ),
        ]
        triggers = [
            *kept_forever(),
            only_moves(
                "status",
                "settled_at",
                unless="""NOT (
                    (OLD.status = 'pending' AND NEW.status IN ('succeeded', 'failed'))
                    OR (OLD.status = 'succeeded' AND NEW.status = 'expired'
                        AND NEW.settled_at = OLD.settled_at))""",
            ),
            refused_if(
                "is_the_next",
                """NEW.version IS DISTINCT FROM
                   (SELECT last_version + 1 FROM releases_app WHERE id = NEW.app_id)""",
                "versions have no gaps",
            ),
            refused_if(
                "parts_are_its_own",
                """NOT EXISTS (SELECT FROM releases_configset
                        WHERE id = NEW.config_set_id AND app_id = NEW.app_id)
                   OR NEW.slug_id IS NOT NULL AND NOT EXISTS (SELECT FROM releases_slug
                        WHERE id = NEW.slug_id AND app_id = NEW.app_id
                          AND sealed_at IS NOT NULL)
                   OR NEW.restores_id IS NOT NULL AND NOT EXISTS (
                        SELECT FROM releases_release WHERE id = NEW.restores_id
                          AND app_id = NEW.app_id AND version < NEW.version)""",
                "a release is made of a sealed slug, a config set and an older release"
                " of its own app",
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.version}"

    @property
    def has_succeeded(self) -> bool:
        """Whether it was live once; its bytes may be gone since."""
        return self.status in {self.Status.SUCCEEDED, self.Status.EXPIRED}


class ReleaseOutput(models.Model):
    """One line that was printed while a release settled, or why it did not."""

    release = models.ForeignKey(
        Release, models.PROTECT, related_name="output", db_index=False
    )
    position = models.PositiveIntegerField()
    text = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "position"], name="release_output_line_once"
            )
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return self.text
