"""Starting the processes that the database has rows for, and seeing how they do."""

import http.client
import socket
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.conf import settings

from releases.errors import OperationRefused
from releases.models import Process, Release
from releases.models.running import ONCE, WEB
from runtime.driver import Driver, Seen, Spec, Status
from runtime.environment import environment_of
from runtime.picture import Picture, State
from runtime.ports import free_port, is_free

LOOPBACK = "127.0.0.1"
CONNECT_WITHIN, ANSWER_WITHIN = 0.2, 5.0
AT_ONCE = 8
TRY_AGAIN_AFTER = timedelta(seconds=10)
SERVER_ERROR = 500


@dataclass(frozen=True)
class Ended:
    """How a process that runs once ended; `exit_code` None is that of a lost one."""

    exit_code: int | None

    @property
    def words(self) -> str:
        if self.exit_code is None:
            return "was interrupted: what runs it was stopped meanwhile"
        return exit_words(self.exit_code)


@dataclass
class Starter:
    """Starts processes by a driver, and writes down in what state they are."""

    driver: Driver
    seen: Mapping[UUID, Seen] = field(default_factory=dict)
    _asked: dict[UUID, "Future[bool]"] = field(default_factory=dict)
    _askers: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(AT_ONCE)
    )
    _last_port: int = 0

    def observe(self) -> None:
        """Take down how all processes are doing; a look goes by that."""
        self.seen = self.driver.seen()

    def start(self, picture: Picture, process: Process, release: Release) -> None:
        """Have a process run for `release`; a state that changed is written down."""
        seen = self.seen.get(process.pk)
        if seen is None:
            self._launch(picture, process, release)
            return
        self._take_note_of_ends(picture, process, seen)
        if seen.status == Status.RUNNING:
            if process.state != State.UP:
                is_ready = self._is_ready(picture, process)
                picture.move(process, State.UP if is_ready else State.STARTING)
        else:
            words = exit_words(seen.exit_code)
            picture.move(process, State.CRASHED, message=words)

    def run_once(self, picture: Picture, process: Process) -> Ended | None:
        """Have a process run that ends by itself; how it ended, once it has.

        One that was started and is gone is not started again: it may have done its work.
        Whoever has written down how it ended lets go of it.
        """
        seen = self.seen.get(process.pk)
        if seen is None:
            if process.state == State.UP:
                return Ended(None)
            self._launch(picture, process, process.release)
            return None
        if seen.status == Status.RUNNING:
            picture.move(process, State.UP)
            return None
        return Ended(seen.exit_code)

    def runs(self, process: Process) -> bool:
        seen = self.seen.get(process.pk)
        return seen is not None and seen.status == Status.RUNNING

    def listens(self, process: Process) -> bool:
        """Whether a web process runs, and can be talked to this moment."""
        return (
            self.runs(process) and process.port is not None and _listens(process.port)
        )

    def forget(self, process_id: UUID) -> None:
        self._asked.pop(process_id, None)
        self.driver.forget(process_id)

    def _launch(self, picture: Picture, process: Process, release: Release) -> None:
        if process.state == State.CRASHED:
            if picture.now - process.state_at < TRY_AGAIN_AFTER:
                return
            picture.move(process, State.STARTING)
        if process.process_type == WEB and not (process.port and is_free(process.port)):
            self._give_port(process)
        spec = spec_of(picture, process, release)
        if not self.driver.is_prepared(spec):
            return
        if process.process_type in ONCE:
            # First of all: it may run once, and a crash between the two must not be
            # taken for one before it.
            picture.move(process, State.UP)
        else:
            picture.move(process, State.STARTING)
        self.driver.start(spec)

    def _give_port(self, process: Process) -> None:
        taken = Process.objects.exclude(port=None).values_list("port", flat=True)
        process.port = self._last_port = free_port(
            settings.APP_PORTS, filter(None, taken), after=self._last_port
        )
        process.save(update_fields=["port"])

    def _is_ready(self, picture: Picture, process: Process) -> bool:
        if process.process_type != WEB or process.port is None:
            return True
        path = picture.settings.ready_path
        if not path:
            return _listens(process.port)
        asked = self._asked.get(process.pk)
        if asked is None:
            self._asked[process.pk] = self._askers.submit(_answers, process.port, path)
        elif asked.done():
            # An answer is good for one look: the process may have ended since.
            return self._asked.pop(process.pk).result()
        return False

    def _take_note_of_ends(
        self, picture: Picture, process: Process, seen: Seen
    ) -> None:
        """Count how often it ended; one that was started again has to get ready again."""
        if process.restarts == seen.ends:
            return
        self._asked.pop(process.pk, None)
        process.restarts = seen.ends
        process.save(update_fields=["restarts"])
        if process.state == State.UP:
            picture.move(process, State.STARTING)


def spec_of(picture: Picture, process: Process, release: Release) -> Spec:
    """Say what a driver has to know to run a process. Refuses code that is gone."""
    slug = release.slug
    if slug is None or slug.blob is None or not slug.blob.is_stored:
        raise OperationRefused(f"The code of {release} is not stored any more.")
    return Spec(
        id=process.pk,
        app_id=picture.app.pk,
        app_name=picture.app.name,
        app_number=picture.settings.pk,
        name=str(process),
        version=release.version,
        blob=slug.blob.pk,
        command=process.command,
        environment=environment_of(process, release, picture.app),
        once=process.process_type in ONCE,
    )


def exit_words(code: int | None) -> str:
    """Say how a process ended, in words: negative for a signal, None if nobody knows."""
    if code is None:
        return "ended in an unknown way"
    if code < 0:
        return f"was ended by signal {-code}"
    return f"exited with {code}"


def _listens(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), CONNECT_WITHIN):
            return True
    except OSError:
        return False


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=ANSWER_WITHIN)
    try:
        connection.request("GET", path, headers={"User-Agent": "Rollbook"})
        return connection.getresponse().status < SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
