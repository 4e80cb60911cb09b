from django.conf import settings
from django.db import models
from django.db.models import Q

from releases.models.guards import kept_forever, only_moves, refused_if


class Mark(models.Model):
    """A word about a release: `bad` (do not go there) or `pin` (never prune it)."""

    class Kind(models.TextChoices):
        BAD = "bad", "Bad"
        PIN = "pin", "Pinned"

    app = models.ForeignKey(
        "releases.App", models.PROTECT, related_name="marks", db_index=False
    )
    release = models.ForeignKey(
        "releases.Release", models.PROTECT, related_name="marks"
    )
    kind = models.CharField(max_length=5, choices=Kind)
    reason = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()
    cleared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["app", "kind"],
                condition=Q(cleared_at=None),
                name="mark_standing_by_app",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "kind"],
                condition=Q(cleared_at=None),
                name="mark_stands_once_per_release",
            ),
            models.CheckConstraint(
                condition=Q(cleared_at=None, cleared_by=None)
                | Q(cleared_at__isnull=False, cleared_by__isnull=False),
                name="mark_cleared_by_someone",
            ),
        ]
        triggers = [
            *kept_forever(),
            only_moves(
                "cleared_at", "cleared_by_id", unless="OLD.cleared_at IS NOT NULL"
            ),
            refused_if(
                "release_is_of_the_app",
                """NOT EXISTS (SELECT FROM releases_release
                    WHERE id = NEW.release_id AND app_id = NEW.app_id)""",
                "a mark is on a release of its own app",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}" if self.reason else self.kind
