"""What the database says of one app just now: what should run, and what is kept for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from releases.formation import formation_of
from releases.models import App, Process, Release, Rollout, RunSettings
from releases.models.running import RELEASE_PHASE, WEB

State, Status = Process.State, Release.Status
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

    def take_up(self, processes: Sequence[Process], release: Release) -> None:
        """Make processes those of a release, and up; `save` writes it down."""
        for process in processes:
            process.release, process.state = release, State.UP
            process.state_at, process.idle_until = self.now, None

    def save(self, processes: Sequence[Process]) -> None:
        Process.objects.bulk_update(processes, ["release", *STATE])

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
    processes = sorted(
        app.processes.all(), key=lambda each: (each.process_type, each.number)
    )
    with_processes = [process.release_id for process in processes]
    releases = _releases(app, [app.current_release_id, *with_processes])
    for process in processes:
        process.release = releases[process.release_id]
    pending = [each for each in releases.values() if each.status == Status.PENDING]
    return Picture(
        app=app,
        current=releases[app.current_release_id],
        pending=pending[0] if pending else None,
        settings=app.run_settings,
        processes=processes,
        now=timezone.now(),
    )


def _releases(app: App, ids: Sequence[UUID]) -> dict[UUID, Release]:
    """Return these releases and a pending one, each with what it runs."""
    wanted = Q(pk__in=set(ids)) | Q(status=Status.PENDING)
    found = app.releases.filter(wanted).select_related("slug", "config_set")
    # Often read, and there may be hundreds of them.
    return {each.pk: each for each in found.defer("slug__commits").order_by()}
