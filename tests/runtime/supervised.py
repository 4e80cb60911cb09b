"""Supervisord as bin/up keeps it, and processes that it runs, without any database."""

import hashlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from django.test import override_settings

from releases.slugs.storage import blob_exists, store
from runtime.driver import NotReady, Seen, Spec
from runtime.local.places import Place, log_file
from runtime.local.processes import Processes
from runtime.local.supervisor import Supervisor
from tests.factories import archive
from tests.machine.processes import children, wait_until
from tests.runtime.stage import processes_with
from tests.throwaway import make_home

CODE = {"Procfile": "web: true\n", "hello.txt": "hello\n"}
MOST = 10_000


def stored(files: Mapping[str, str], scratch: Path) -> str:
    """Store a slug's bytes; what they are called."""
    contents = archive(files)
    blob = hashlib.sha256(contents).hexdigest()
    if not blob_exists(blob):
        file = scratch / blob
        file.write_bytes(contents)
        store(file, blob)
    return blob


@contextmanager
def supervised(name: str = "home") -> Iterator["Supervised"]:
    """Run supervisord for a home, which may have an odd name."""
    home = make_home()
    renamed = home.rename(home.with_name(name))
    # Shorter than anybody would wait for a test.
    with override_settings(STOP_WITHIN=3):
        made = Supervised(renamed / "runtime")
        try:
            yield made
        finally:
            made.end()
            shutil.rmtree(home.parent)


@dataclass
class Supervised:
    folder: Path
    processes: Processes = field(init=False)
    supervisor: Supervisor = field(init=False)

    def __post_init__(self) -> None:
        self.processes = Processes(self.folder)
        self.supervisor = Supervisor(self.folder)
        self.begin()

    def begin(self) -> None:
        self.program = subprocess.Popen(
            self.supervisor.command(),
            cwd=self.folder,
            env=self.supervisor.environment(),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(self.answers)

    def answers(self) -> bool:
        try:
            self.processes.seen()
        except NotReady:
            return False
        return True

    def end(self) -> None:
        self.supervisor.stop_all()
        self.program.terminate()
        self.program.wait()

    def kill(self) -> None:
        self.program.kill()
        self.program.wait()

    def spec(
        self,
        command: str,
        *,
        files: Mapping[str, str] = CODE,
        environment: Mapping[str, str] | None = None,
        app_id: UUID | None = None,
        app_number: int = 7,
        name: str = "web.1",
        version: int = 3,
        once: bool = False,
    ) -> Spec:
        process_id = uuid4()
        return Spec(
            id=process_id,
            app_id=app_id or uuid4(),
            app_name="shop",
            app_number=app_number,
            name=name,
            version=version,
            blob=stored(files, self.folder),
            command=command,
            environment={"HEROKU_DYNO_ID": str(process_id), **(environment or {})},
            once=once,
        )

    def prepare(self, spec: Spec) -> None:
        wait_until(lambda: self.processes.is_prepared(spec))

    def start(self, command: str, **more: object) -> Spec:
        """Start a process, without waiting for it to do anything."""
        spec = self.spec(command, **more)  # type: ignore[arg-type]  # as there
        self.prepare(spec)
        self.processes.start(spec)
        return spec

    def run(self, command: str, **more: object) -> list[str]:
        """Run a command once; what it printed."""
        spec = self.start(command, once=True, **more)
        self.ended(spec)
        self.forget(spec)
        return self.lines(spec)

    def seen(self, spec: Spec) -> Seen | None:
        return self.processes.seen().get(spec.id)

    def ended(self, spec: Spec) -> Seen:
        return self.reached(spec, "ended")

    def reached(self, spec: Spec, status: str, *, ends: int = 0) -> Seen:
        """Wait until a process is in a state, after it has ended by itself so often."""
        found: list[Seen] = []

        def is_there() -> bool:
            seen = self.seen(spec)
            if seen and seen.status.value == status and seen.ends >= ends:
                found.append(seen)
            return bool(found)

        wait_until(is_there)
        return found[0]

    def lines(self, spec: Spec) -> list[str]:
        return self.processes.last_lines(spec.app_id, spec.name, spec.version, MOST)

    def log(self, spec: Spec) -> Path:
        return log_file(self.folder, spec.app_id, spec.name)

    def prints(self, spec: Spec, line: str) -> None:
        wait_until(lambda: line in self.lines(spec))

    def words(self, spec: Spec) -> list[str]:
        """Return what was said of a process by what runs it."""
        _, *words = f"\n{self.log(spec).read_text()}".split(f" v{spec.version} -- ")
        return [each.split("\n", 1)[0] for each in words]

    def stop(self, spec: Spec) -> None:
        """Stop a process, and wait until it is gone."""
        self.processes.stop(spec.id)
        wait_until(lambda: self.seen(spec) is None)

    def forget(self, spec: Spec) -> None:
        self.stop(spec)
        self.processes.forget(spec.id)

    def place(self, spec: Spec) -> Place:
        return Place(self.folder / "processes" / str(spec.id))

    def home(self, spec: Spec) -> Path:
        return (self.folder / "code").resolve() / "homes" / str(spec.id)

    def pids(self, spec: Spec) -> set[int]:
        """Return all processes there are of one, whoever started them."""
        return processes_with(f"HEROKU_DYNO_ID={spec.id}")

    def launcher(self, spec: Spec) -> int:
        [pid] = (
            pid
            for pid, command in children(self.program.pid).items()
            if str(spec.id) in command
        )
        return pid

    def kill_launcher(self, spec: Spec) -> None:
        os.kill(self.launcher(spec), signal.SIGKILL)
