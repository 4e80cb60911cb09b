"""What runs, and how it should: beside the ledger, which only says what could."""

import uuid

from django.db import models
from django.db.models import Q

PROCESS_TYPE_LIMIT = 100
WEB, RELEASE_PHASE, ONE_OFF = "web", "release", "run"
# They run beside the formation, and end by themselves.
ONCE = frozenset({RELEASE_PHASE, ONE_OFF})


class Formation(models.Model):
    """How many processes of a type an app runs; of a type without a row, the default."""

    app = models.ForeignKey("releases.App", models.PROTECT, related_name="formation")
    process_type = models.CharField(max_length=PROCESS_TYPE_LIMIT)
    quantity = models.PositiveSmallIntegerField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["app", "process_type"], name="formation_once_per_process_type"
            )
        ]

    def __str__(self) -> str:
        return f"{self.process_type}={self.quantity}"


class RunSettings(models.Model):
    """How an app wants to be run, where it differs from the default.

    `id` also numbers the apps, for the system users that they run as.
    """

    app = models.OneToOneField(
        "releases.App", models.PROTECT, related_name="run_settings"
    )
    ready_path = models.CharField(max_length=200, blank=True)
    release_phase_on_rollback = models.BooleanField(default=False)
    automatic_rollback = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "run settings"
        constraints = [
            models.CheckConstraint(
                condition=Q(ready_path="") | Q(ready_path__startswith="/"),
                name="run_settings_ready_path_is_absolute",
            )
        ]

    def __str__(self) -> str:
        return f"how {self.app} runs"


class Rollout(models.Model):
    """How a release goes live, step by step, and how long that took.

    That it failed is the release's to say: this stays at the step that it failed in.
    """

    class Step(models.TextChoices):
        WAITING = "waiting", "Waiting for the runtime"
        RELEASE_PHASE = "release phase", "Running the release phase"
        STARTING = "starting", "Starting processes"
        SWITCHING = "switching", "Switching traffic"
        DRAINING = "draining", "Stopping what ran before"
        DONE = "done", "Live"
        # It has the traffic, and was asked in vain for as long as it is.
        UNANSWERED = "unanswered", "No good answer"
        FAILED = "failed", "Failed"

    LIVE = frozenset({Step.DONE, Step.UNANSWERED})

    release = models.OneToOneField(
        "releases.Release", models.PROTECT, primary_key=True, related_name="rollout"
    )
    step = models.CharField(max_length=20, choices=Step, default=Step.WAITING)
    step_at = models.DateTimeField()
    # Whether processes that were ready already took it up.
    was_warm = models.BooleanField(default=False)
    live_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.release}: {self.step}"


class Process(models.Model):
    """One process of an app that the runtime keeps: a row comes and goes with it."""

    class State(models.TextChoices):
        """Heroku's words; an idle one is ready and gets no traffic, for a way back."""

        STARTING = "starting", "Starting"
        UP = "up", "Up"
        IDLE = "idle", "Idle"
        CRASHED = "crashed", "Crashed"
        STOPPING = "stopping", "Stopping"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    app = models.ForeignKey("releases.App", models.PROTECT, related_name="processes")
    # What it runs for; one that is taken up again comes to run for another.
    release = models.ForeignKey(
        "releases.Release", models.PROTECT, related_name="processes"
    )
    process_type = models.CharField(max_length=PROCESS_TYPE_LIMIT)
    number = models.PositiveSmallIntegerField()
    command = models.TextField()
    port = models.PositiveIntegerField(null=True, unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.STARTING)
    state_at = models.DateTimeField()
    # Why it is in this state, where that says more than the state.
    message = models.TextField(blank=True)
    restarts = models.PositiveIntegerField(default=0)
    idle_until = models.DateTimeField(null=True)
    restart_asked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "processes"
        indexes = [
            models.Index(
                fields=["app"], condition=Q(state="crashed"), name="process_crashed"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="idle", idle_until__isnull=False)
                | (~Q(state="idle") & Q(idle_until=None)),
                name="process_idle_until_some_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.process_type}.{self.number}"
