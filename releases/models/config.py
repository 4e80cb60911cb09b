import hashlib
import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from releases.models.guards import append_only, kept_forever, only_moves, refused_if

KEY_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]*$"


class ConfigVar(models.Model):
    """One immutable value of one key of an app.

    Two values are the same when name and fingerprint are. An erased one keeps
    everything but its ciphertext, so that what covers it still verifies.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    app = models.ForeignKey(
        "releases.App", models.PROTECT, related_name="config_vars", db_index=False
    )
    name = models.CharField(max_length=256)
    ciphertext = models.BinaryField(null=True)
    ciphertext_sha256 = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    addon = models.ForeignKey(
        "releases.AddOn", models.PROTECT, null=True, related_name="config_vars"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["app", "name", "fingerprint"], name="config_var_value")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(name__regex=KEY_PATTERN), name="config_var_name_well_formed"
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None, ciphertext__isnull=False)
                | Q(erased_at__isnull=False, ciphertext=None),
                name="config_var_erased_has_no_ciphertext",
            ),
        ]
        triggers = [
            *kept_forever(),
            only_moves(
                "ciphertext",
                "erased_at",
                unless="OLD.erased_at IS NOT NULL OR NEW.erased_at IS NULL",
            ),
        ]

    def __str__(self) -> str:
        return self.name


def sha256_of(ciphertext: bytes) -> str:
    return hashlib.sha256(ciphertext).hexdigest()


class ConfigSet(models.Model):
    """All the config vars of a release, as the ids of their rows in order of name.

    An array rather than a join table: a set is written once as a whole, and a change of
    one key among hundreds stays one row. `digest` covers names, fingerprints and
    ciphertexts; `fingerprint` names and values alone, so equal sets have equal ones.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    app = models.ForeignKey(
        "releases.App", models.PROTECT, related_name="config_sets", db_index=False
    )
    var_ids = ArrayField(models.UUIDField(), default=list)
    digest = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["app", "created_at"], name="config_set_by_time")
        ]
        triggers = [
            *append_only(),
            refused_if(
                "vars_are_its_own",
                """(SELECT count(DISTINCT name) FROM releases_configvar
                     WHERE id = ANY(NEW.var_ids) AND app_id = NEW.app_id)
                   IS DISTINCT FROM cardinality(NEW.var_ids)""",
                "a config set holds one value a key, all of its own app",
            ),
        ]

    def __str__(self) -> str:
        return f"{len(self.var_ids)} config vars"
