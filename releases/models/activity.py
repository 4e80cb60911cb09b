from django.conf import settings
from django.db import models
from django.db.models import Case, Q, Value, When

from releases.models.guards import append_only, refused_if
from releases.models.release import Release
from releases.models.source import Source


def _topic_by_kind() -> Case:
    """Return what an activity is about, by its kind and by that of a new release."""
    release_kinds = {
        "deploy": [Release.Kind.DEPLOY, Release.Kind.PROMOTION],
        "config": [Release.Kind.CONFIG],
        "rollback": [Release.Kind.ROLLBACK],
        "add-on": [Release.Kind.ADDON],
    }
    kinds = {
        "config": ["key.kept", "key.unkept", "value.erased", "values.lost"],
        "access": [
            "access.given",
            "access.taken",
            "app.transferred",
            "passkey.added",
            "passkey.removed",
            "passkey.renamed",
            "password.changed",
            "sessions.ended",
            "token.created",
            "token.regenerated",
            "token.renamed",
            "token.revoked",
            "two_factor.codes_made",
            "two_factor.code_used",
            "two_factor.off",
            "two_factor.on",
            "user.signed_in",
            "values.revealed",
        ],
        "background": ["slug.received", "release.settled"],
    }
    return Case(
        *(
            When(kind="release.created", detail__kind__in=among, then=Value(topic))
            for topic, among in release_kinds.items()
        ),
        *(When(kind__in=among, then=Value(topic)) for topic, among in kinds.items()),
        default=Value("app"),
    )


class Activity(models.Model):
    """One line of the timeline: something that happened, and who did it.

    The activities of an app are a chain: `sequence` counts them from 1 without gaps,
    and `digest` covers the line and the digest before it (releases.chain). Those
    outside any app, sign-ins for one, are not chained. Detail never holds config
    values, only keys.
    """

    class Kind(models.TextChoices):
        APP_CREATED = "app.created", "App created"
        APP_RENAMED = "app.renamed", "App renamed"
        APP_TRANSFERRED = "app.transferred", "App transferred"
        APP_DESTROYED = "app.destroyed", "App destroyed"
        DEPLOYS_HELD = "deploys.held", "Deploys held"
        DEPLOYS_RESUMED = "deploys.resumed", "Deploys resumed"
        MAINTENANCE_ON = "maintenance.on", "Maintenance on"
        MAINTENANCE_OFF = "maintenance.off", "Maintenance off"
        FORMATION_SCALED = "formation.scaled", "Scaled"
        PROCESSES_RESTARTED = "processes.restarted", "Processes restarted"
        PROCESSES_STOPPED = "processes.stopped", "Processes stopped"
        COMMAND_RUN = "command.run", "Command run"
        RUN_SETTINGS_CHANGED = "run-settings.changed", "Run settings changed"
        SLUG_RECEIVED = "slug.received", "Slug received"
        SLUGS_PRUNED = "slugs.pruned", "Slugs pruned"
        RELEASE_CREATED = "release.created", "Release"
        RELEASE_SETTLED = "release.settled", "Release settled"
        RELEASE_CANCELED = "release.canceled", "Release canceled"
        RELEASE_MARKED = "release.marked", "Release marked"
        RELEASE_UNMARKED = "release.unmarked", "Mark cleared"
        KEY_KEPT = "key.kept", "Config key kept"
        KEY_UNKEPT = "key.unkept", "Config key no longer kept"
        VALUES_REVEALED = "values.revealed", "Config values revealed"
        VALUE_ERASED = "value.erased", "Config value erased"
        VALUES_LOST = "values.lost", "Config values lost"
        ACCESS_GIVEN = "access.given", "Access given"
        ACCESS_TAKEN = "access.taken", "Access taken"
        USER_CREATED = "user.created", "User created"
        USER_SIGNED_IN = "user.signed_in", "Signed in"
        USER_DEACTIVATED = "user.deactivated", "User deactivated"
        PASSWORD_CHANGED = "password.changed", "Password changed"
        SESSIONS_ENDED = "sessions.ended", "Sessions ended"
        PASSKEY_ADDED = "passkey.added", "Passkey added"
        PASSKEY_RENAMED = "passkey.renamed", "Passkey renamed"
        PASSKEY_REMOVED = "passkey.removed", "Passkey removed"
        TOKEN_CREATED = "token.created", "Token created"
        TOKEN_REGENERATED = "token.regenerated", "Token regenerated"
        TOKEN_RENAMED = "token.renamed", "Token renamed"
        TOKEN_REVOKED = "token.revoked", "Token revoked"
        TWO_FACTOR_ON = "two_factor.on", "Two-factor turned on"
        TWO_FACTOR_OFF = "two_factor.off", "Two-factor turned off"
        RECOVERY_CODES_MADE = "two_factor.codes_made", "Recovery codes made"
        RECOVERY_CODE_USED = "two_factor.code_used", "Recovery code used"
        KEYS_ROTATED = "keys.rotated", "Master key rotated"
        BACKUP_MADE = "backup.made", "Backup made"
        BACKUP_RESTORED = "backup.restored", "Backup restored"

    class Topic(models.TextChoices):
        """What a line is about; `background` is told by the line of a release."""

        DEPLOY = "deploy", "Deploys"
        CONFIG = "config", "Config"
        ROLLBACK = "rollback", "Rollbacks"
        ADDON = "add-on", "Add-ons"
        ACCESS = "access", "Access"
        APP = "app", "App"
        BACKGROUND = "background", "Background"

    id = models.BigAutoField(primary_key=True)
    app = models.ForeignKey(
        "releases.App",
        models.PROTECT,
        null=True,
        related_name="activities",
        db_index=False,
    )
    sequence = models.PositiveBigIntegerField(null=True)
    kind = models.CharField(max_length=30, choices=Kind)
    release = models.ForeignKey(
        "releases.Release", models.PROTECT, null=True, related_name="activities"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="activities",
        db_index=False,
    )
    actor_email = models.EmailField()
    source = models.CharField(max_length=10, choices=Source)
    token_name = models.CharField(max_length=200, blank=True)
    ip = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=255, blank=True)
    summary = models.TextField()
    detail = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    digest = models.CharField(max_length=64, blank=True)
    # Worked out by the database, so that no digest has to cover it.
    topic = models.GeneratedField(
        expression=_topic_by_kind(),
        output_field=models.CharField(max_length=10, choices=Topic),
        db_persist=True,
    )

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "activities"
        # What pages of the timeline are read by (releases.timeline). Those over all apps
        # are of numbered lines, and so never taken for a page of one app.
        indexes = [
            models.Index(fields=["app", "topic", "id"], name="activity_by_app"),
            models.Index(
                fields=["app", "actor", "topic", "id"], name="activity_by_app_and_actor"
            ),
            models.Index(
                fields=["topic", "id"],
                condition=Q(sequence__isnull=False),
                name="activity_over_apps",
            ),
            models.Index(
                fields=["actor", "topic", "id"],
                condition=Q(sequence__isnull=False),
                name="activity_over_apps_by_actor",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["app", "sequence"], name="activity_sequence_once_per_app"
            ),
            models.CheckConstraint(
                condition=Q(app=None, sequence=None, release=None, digest="")
                | (Q(app__isnull=False, sequence__gte=1) & ~Q(digest="")),
                name="activity_of_an_app_is_chained",
            ),
        ]
        triggers = [
            *append_only(),
            refused_if(
                "is_the_next",
                """NEW.app_id IS NOT NULL AND NEW.sequence IS DISTINCT FROM
                   (SELECT chain_length + 1 FROM releases_app WHERE id = NEW.app_id)""",
                "the chain has no gaps",
            ),
            refused_if(
                "release_is_of_the_app",
                """NEW.release_id IS NOT NULL AND NOT EXISTS (
                    SELECT FROM releases_release
                    WHERE id = NEW.release_id AND app_id = NEW.app_id)""",
                "an activity is about a release of its own app",
            ),
        ]

    def __str__(self) -> str:
        return self.summary
