from django.db import models
from django.db.models import Q

from releases.models.guards import append_only, kept_forever, only_moves


class Blob(models.Model):
    """The bytes of slugs, once per SHA-256; a pruned blob keeps its row.

    Who stores or prunes the bytes holds a lock on the row meanwhile.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.PositiveBigIntegerField()
    unpacked_size = models.PositiveBigIntegerField()
    file_count = models.PositiveIntegerField()
    stored_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"),
                name="blob_sha256_is_lower_case_hex",
            ),
            models.CheckConstraint(
                condition=Q(deleted_at=None) | Q(stored_at__isnull=False),
                name="blob_deleted_only_after_stored",
            ),
        ]
        triggers = [
            *kept_forever(),
            only_moves("stored_at", "deleted_at", unless="FALSE"),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]

    @property
    def is_stored(self) -> bool:
        return self.stored_at is not None and self.deleted_at is None


class Manifest(models.Model):
    """The files of a blob, as releases.slugs.manifest encodes them.

    Apart from the blob, so that no list ever loads it; it outlives the bytes, so that
    what a pruned release held can still be compared.
    """

    blob = models.OneToOneField(Blob, models.PROTECT, primary_key=True)
    entries = models.BinaryField()

    class Meta:
        triggers = append_only()

    def __str__(self) -> str:
        return f"files of {self.blob_id[:12]}"
