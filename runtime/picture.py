"""What the database says of one app just now: what should run, and what is kept for it."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from releases.formation import formation_of
from releases.models import App, Process, Release, Rollout, RunSettings
from releases.models.running import RELEASE_PHASE, WEB

State = Process.State
STATE = ["state", "message", "state_at", "idle_until"]


@dataclass
class Picture:
    """An app with its current and its pending release, and the processes it has.

    Read whole at the beginning of a look, and kept up to date by it.
    """

    app: App
    current: Release
    pending: Release | None
    settings: RunSettings
    processes: list[Process]
    now: datetime
    _formations: dict[UUID, dict[str, int]] = field(default_factory=dict)

    def formation(self, release: Release) -> dict[str, int]:
        if self.app.deleted_at:
            return {}
        if release.pk not in self._formations:
            self._formations[release.pk] = formation_of(self.app, release.slug)
        return self._formations[release.pk]

    def of(self, release: Release, process_type: str = "") -> list[Process]:
        """Return what runs for a release, except what is on its way out or waits idle."""
        return [
            process
            for process in self.processes
            if process.release_id == release.pk
            and process.state not in {State.STOPPING, State.IDLE}
            and process_type in {"", process.process_type}
        ]

    def release_phase(self, release: Release) -> Process | None:
        """Return the process of a release's phase, also on its way out."""
        for process in self.processes:
            if (process.release_id, process.process_type) == (
                release.pk,
                RELEASE_PHASE,
            ):
                return process
        return None

    def idle(self) -> list[Process]:
        return [each for each in self.processes if each.state == State.IDLE]

    def web_that_is_up(self) -> list[Process]:
        return [
            each
            for each in self.processes
            if each.process_type == WEB and each.state == State.UP
        ]

    def add(
        self, release: Release, process_type: str, number: int, **more: object
    ) -> Process:
        slug = release.slug
        process = Process.objects.create(
            **{
                "app": self.app,
                "release": release,
                "process_type": process_type,
                "number": number,
                "command": slug.process_types[process_type] if slug else "",
                "state_at": self.now,
                "created_at": self.now,
                **more,
            }
        )
        self.processes.append(process)
        return process

    def remove(self, process: Process) -> None:
        process.delete()
        self.processes.remove(process)

    def move(
        self,
        process: Process,
        state: Process.State,
        *,
        message: str = "",
        idle_until: datetime | None = None,
    ) -> None:
        """Write down another state of a process; the same one keeps its time.

        Unless somebody stopped it meanwhile, which goes before.
        """
        if (process.state, process.message) == (state, message):
            return
        seen_as = Process.objects.filter(pk=process.pk, state=process.state)
        if seen_as.update(
            state=state, message=message, state_at=self.now, idle_until=idle_until
        ):
            process.state, process.message = state, message
            process.state_at, process.idle_until = self.now, idle_until
        else:
            process.refresh_from_db(fields=STATE)

    def take_up_idle(self, release: Release) -> None:
        """Make all that wait idle the processes of a release, and be up."""
        idle = self.idle()
        for process in idle:
            process.release, process.state = release, State.UP
            process.state_at, process.idle_until = self.now, None
        Process.objects.bulk_update(
            idle, ["release", "state", "state_at", "idle_until"]
        )

    def rollout(self, release: Release) -> Rollout:
        found, _ = Rollout.objects.get_or_create(
            release=release, defaults={"step_at": self.now}
        )
        return found

    def step(self, rollout: Rollout, step: Rollout.Step) -> None:
        if rollout.step != step:
            rollout.step, rollout.step_at = step, self.now
            rollout.save(update_fields=["step", "step_at"])


def picture_of(app_id: UUID) -> Picture | None:
    """Read all there is to know of an app; None if there is no such app."""
    app = App.objects.select_related("run_settings").filter(pk=app_id).first()
    if app is None:
        return None
    if not hasattr(app, "run_settings"):
        # The first look; its number is needed from now on.
        app.run_settings, _ = RunSettings.objects.get_or_create(app=app)
    wanted = Q(pk=app.current_release_id) | Q(status=Release.Status.PENDING)
    releases = (
        app.releases.filter(wanted).select_related("slug", "config_set").order_by()
    )
    by_id = {release.pk: release for release in releases}
    current = by_id.pop(app.current_release_id)
    return Picture(
        app=app,
        current=current,
        pending=next(iter(by_id.values()), None),
        settings=app.run_settings,
        processes=list(
            app.processes.select_related("release").order_by("process_type", "number")
        ),
        now=timezone.now(),
    )
