"""Runs one process of an app, and is there as long as it should be: one launcher each.

It starts the process again when it ends, or keeps the exit code of what runs once; writes
its log; and sees to it that nothing is left of it. It ends when it is told to, or when
supervisord has gone. A program of its own, run by the standard library alone:

    python -I -S launcher.py FOLDER
"""

import math
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Without the rest of what an interpreter looks for, it starts in half the time.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from runtime.local import kernel
from runtime.local.child import start_child
from runtime.local.places import Place, read_json, write_json
from runtime.local.process_log import ProcessLog

# Supervisord holds the other end of our standard input, and never writes to it.
SUPERVISOR = 0
PIECE = 64 * 1024
# In seconds: from one end to the next start, at first and at most; and how long it has to
# be up for that to begin anew.
FIRST_PAUSE, LONGEST_PAUSE, STEADY = 1, 60, 60
# Between two looks for what is left to kill.
A_MOMENT = 0.01


def main() -> None:
    place = Place(Path(sys.argv[1]))
    try:
        lock = place.hold()
    except FileNotFoundError:
        # It was stopped, and all of it removed, before we got here.
        return
    with lock:
        spec = read_json(place.spec)
        if spec is None:
            # It can never start: it is made anew, if it is wanted still.
            place.program.unlink(missing_ok=True)
            return
        Launcher(place, spec).run()


class Launcher:
    def __init__(self, place: Place, spec: dict[str, Any]) -> None:
        self.place, self.spec = place, spec
        self.log = ProcessLog(
            Path(spec["log"]), version=spec["version"], most_bytes=spec["log_bytes"]
        )
        # What a launcher before this one wrote.
        self.before = read_json(place.status)
        self.ends: int = self.before["ends"] if self.before else 0
        self.exit_code: int | None = None
        self.is_told_to_end = self.is_alone = False
        self.child: int | None = None
        self.has_children = False
        # Both ends stay ours, so that it never ends before we do.
        self.output, self.printing = os.pipe()
        os.set_blocking(self.output, False)
        self.poll = select.poll()
        self.poll.register(SUPERVISOR, 0)
        self.poll.register(self.output, select.POLLIN)
        self._hear_signals()

    def run(self) -> None:
        """Run the process until told to end, or alone."""
        kernel.adopt_orphans()
        if kernel.kill_all_having(self.spec["mark"]):
            self.log.say("killed what an earlier run of it left behind")
        if self.spec["once"]:
            self._run_once()
        else:
            self._run_again_and_again()

    def _run_once(self) -> None:
        if self.before is None:
            self._run_child()
            if not self.is_over():
                self._report("ended", self.exit_code)
        elif self.before["status"] != "ended":
            # It may have done its work, or a part that cannot be done twice.
            self.log.say("interrupted: what runs it was stopped meanwhile")
            self._report("ended")
        self._wait(self.is_over)

    def _run_again_and_again(self) -> None:
        pause = FIRST_PAUSE
        while not self.is_over():
            started = time.monotonic()
            self._run_child()
            if self.is_over():
                return
            if time.monotonic() - started >= STEADY:
                pause = FIRST_PAUSE
            self.ends += 1
            self._report("backing off", self.exit_code)
            self._wait(self.is_over, seconds=pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def is_over(self) -> bool:
        return self.is_told_to_end or self.is_alone

    def _run_child(self) -> None:
        """Start the process, and stay until it has ended and all that it started."""
        self.log.say("started")
        # First of all: what runs once must not look as if it had not been started.
        self._report("running")
        self.child, self.has_children = start_child(self.spec, self.printing), True
        self._wait(lambda: self.child is None or self.is_over())
        if self.is_told_to_end:
            self._ask_to_end()
        self._kill_rest()
        self._copy_rest()
        self.log.say(self._how_it_ended())

    def _ask_to_end(self) -> None:
        """Ask all processes of it, as Heroku does, and give them a while."""
        self.log.say("stopping")
        kernel.send_below(signal.SIGTERM, leader=self.child)
        within = self.spec["stop_within"]
        self._wait(lambda: not self.has_children or self.is_alone, seconds=within)
        if self.has_children and not self.is_alone:
            self.log.say(f"killed: it took longer than {within} s")

    def _kill_rest(self) -> None:
        while self.has_children:
            kernel.send_below(signal.SIGKILL, leader=self.child)
            self._turn(A_MOMENT)

    def _copy_rest(self) -> None:
        while self._copy_output():
            pass
        self.log.end_line()

    def _how_it_ended(self) -> str:
        code = self.exit_code or 0
        return f"ended by signal {-code}" if code < 0 else f"exited with {code}"

    def _wait(self, is_done: Callable[[], bool], seconds: float = math.inf) -> None:
        until = time.monotonic() + seconds
        while not is_done() and (left := until - time.monotonic()) > 0:
            self._turn(left)

    def _turn(self, seconds: float) -> None:
        """Wait for something to happen, and take note of it."""
        for descriptor, _ in self.poll.poll(min(seconds, LONGEST_PAUSE) * 1000):
            if descriptor == SUPERVISOR:
                self.is_alone = True
                self.poll.unregister(SUPERVISOR)
            elif descriptor == self.output:
                self._copy_output()
            else:
                os.read(descriptor, PIECE)
        self._take_note_of_ends()

    def _copy_output(self) -> bool:
        """Copy a piece of what was printed into the log; False if there is none."""
        try:
            piece = os.read(self.output, PIECE)
        except BlockingIOError:
            return False
        self.log.write(piece)
        return True

    def _take_note_of_ends(self) -> None:
        """Those of its orphans, too, which became our children."""
        while self.has_children:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                self.has_children = False
                return
            if pid == 0:
                return
            if pid == self.child:
                self.child = None
                self.exit_code = os.waitstatus_to_exitcode(status)

    def _report(self, status: str, exit_code: int | None = None) -> None:
        """Write down how it is doing, for `seen`."""
        write_json(
            self.place.status,
            {
                "status": status,
                "since": time.time(),
                "ends": self.ends,
                "exit_code": exit_code,
                "once": self.spec["once"],
            },
        )

    def _hear_signals(self) -> None:
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)
        self.poll.register(reading, select.POLLIN)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._end)

    def _end(self, *_: object) -> None:
        self.is_told_to_end = True


if __name__ == "__main__":
    main()
