import uuid
from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from releases.models.guards import kept_forever, only_moves

SHA256_PATTERN = r"^[0-9a-f]{64}$"


class Token(models.Model):
    """What a client of the API shows instead of a password; stored hashed.

    Its secret is shown once, when it is made. Revoked and expired ones stay, so that
    what was done with them keeps its name.
    """

    class Scope(models.TextChoices):
        """Heroku's OAuth scopes. The protected ones reach config vars and releases."""

        GLOBAL = "global", "Everything that you may do"
        READ = "read", "Read, but no releases and config vars"
        WRITE = "write", "Write, but no releases and config vars"
        READ_PROTECTED = "read-protected", "Read, releases and config vars included"
        WRITE_PROTECTED = "write-protected", "Write, releases and config vars included"
        IDENTITY = "identity", "Read who you are, and nothing else"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="tokens"
    )
    name = models.CharField(max_length=200)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope))
    secret_sha256 = models.CharField(max_length=64, unique=True)
    beginning = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    scopes__contained_by=[
                        "global",
                        "read",
                        "write",
                        "read-protected",
                        "write-protected",
                        "identity",
                    ]
                )
                & ~Q(scopes=[]),
                name="token_scopes_are_known",
            ),
            models.CheckConstraint(
                condition=Q(secret_sha256__regex=SHA256_PATTERN),
                name="token_secret_is_hashed",
            ),
        ]
        triggers = [
            *kept_forever(),
            only_moves(
                "name",
                "secret_sha256",
                "beginning",
                "updated_at",
                "expires_at",
                "revoked_at",
                unless="OLD.revoked_at IS NOT NULL",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_usable(self, now: datetime) -> bool:
        is_expired = self.expires_at is not None and self.expires_at <= now
        return self.revoked_at is None and not is_expired and self.user.is_active


class TokenUse(models.Model):
    """How much a token has left of its rate limit, and when it was last used.

    An unlogged table: it is written at each request, and a crash may forget it.
    """

    # Without a constraint: a backup leaves these rows out, and the tokens' own go.
    token = models.OneToOneField(
        Token, models.PROTECT, primary_key=True, db_constraint=False
    )
    remaining = models.FloatField()
    used_at = models.DateTimeField()
    ip = models.GenericIPAddressField(null=True)

    def __str__(self) -> str:
        return f"{self.remaining:.0f} left"
