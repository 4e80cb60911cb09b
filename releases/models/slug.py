import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from releases.models.guards import kept_forever, only_moves, refused_if


class Slug(models.Model):
    """Built code of an app, with the git commit it was built from.

    Sealed once its bytes have arrived and were hashed here; immutable from then on.
    `commits` is the range since `base_commit`, the commit of the slug before it, newest
    first: `{"sha", "title", "author"}` each; empty where the git history was not at hand.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    app = models.ForeignKey(
        "releases.App", models.PROTECT, related_name="slugs", db_index=False
    )
    blob = models.ForeignKey(
        "releases.Blob", models.PROTECT, null=True, related_name="slugs"
    )
    commit = models.CharField(max_length=64, blank=True)
    commit_title = models.CharField(max_length=500, blank=True)
    commit_author = models.CharField(max_length=320, blank=True)
    base_commit = models.CharField(max_length=64, blank=True)
    commits = models.JSONField(default=list)
    commits_total = models.PositiveIntegerField(default=0)
    # What its maker says that the bytes hash to; those that arrive are held against it.
    expected_sha256 = models.CharField(max_length=64, blank=True)
    process_types = models.JSONField(default=dict)
    stack = models.CharField(max_length=50)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()
    sealed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["app", "commit"], name="slug_by_commit"),
            models.Index(fields=["app", "created_at"], name="slug_by_time"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(sealed_at=None, blob=None)
                | Q(sealed_at__isnull=False, blob__isnull=False),
                name="slug_sealed_with_its_bytes",
            ),
        ]
        triggers = [
            *kept_forever(),
            only_moves(
                "blob_id",
                "process_types",
                "sealed_at",
                unless="OLD.sealed_at IS NOT NULL",
            ),
            refused_if(
                "sealed_with_stored_bytes",
                """NEW.blob_id IS NOT NULL AND NOT EXISTS (
                    SELECT FROM releases_blob WHERE sha256 = NEW.blob_id
                      AND stored_at IS NOT NULL AND deleted_at IS NULL)""",
                "a slug is sealed only with bytes that are stored",
                operation=pgtrigger.Insert | pgtrigger.Update,
            ),
        ]

    def __str__(self) -> str:
        return self.commit[:7] or str(self.id)[:8]
