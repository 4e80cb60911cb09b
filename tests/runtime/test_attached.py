"""manage.py run: a command in one's own terminal, with an app's code and config."""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.machine.processes import ROOT, children, environment, manage, wait_until
from tests.runtime.code import serving
from tests.runtime.stage import AppOnStage, processes_with

pytestmark = pytest.mark.machine


def run(app: AppOnStage, *command: str) -> tuple[int, str]:
    stage = app.stage
    done = manage(
        stage.up.home, "run", app.name, "--", *command, settings=stage.settings
    )
    return done.returncode, done.stdout + done.stderr


def test_it_has_the_code_and_the_config_and_its_own_end(app: AppOnStage) -> None:
    app.config(COLOR="blue")
    app.deploy(serving("one"))

    assert run(app, "cat version.txt; echo $COLOR $DYNO | cut -d. -f1; exit 3") == (
        3,
        "oneblue run\n",
    )
    assert run(app, "echo", "two  words") == (0, "two  words\n")
    assert run(app, "kill -9 $$")[0] == 128 + 9


def test_it_has_a_user_and_a_copy_of_its_own(app: AppOnStage) -> None:
    app.deploy(serving("one"))

    _, said = run(app, "echo changed > version.txt; id -u; pwd")

    user, folder = said.split()
    assert user == str(os.geteuid()) if os.geteuid() else int(user) > 200_000
    assert run(app, "cat version.txt") == (0, "one")
    assert run(app, f"ls {folder}")[0] != 0


class AtATerminal:
    """`manage.py run` at a terminal of its own, and what is typed and seen there."""

    def __init__(
        self, app: AppOnStage, command: str, *, is_piped: bool = False
    ) -> None:
        stage = app.stage
        arguments = ("manage.py", "run", app.name, "--", command)
        settings = environment(stage.up.home, stage.settings)
        pid, self.screen = pty.fork()
        if pid == 0:
            if is_piped:
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.chdir(ROOT)
            os.execve(sys.executable, (sys.executable, *arguments), settings)  # noqa: S606
        self.pid, self.said = pid, ""

    def sees(self, text: str) -> None:
        while text not in self.said:
            self.said += os.read(self.screen, 10_000).decode()

    def types(self, text: str) -> None:
        os.write(self.screen, text.encode())

    def ended(self) -> int:
        # Only once all that it printed was read does it end.
        with suppress(OSError):
            while piece := os.read(self.screen, 10_000):
                self.said += piece.decode()
        self.echoes = bool(termios.tcgetattr(self.screen)[3] & termios.ECHO)
        os.close(self.screen)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_a_terminal_is_its_own_and_as_large(app: AppOnStage) -> None:
    app.deploy(serving("one"))
    terminals = {str(each) for each in Path("/dev/pts").iterdir()}
    here = AtATerminal(app, "tty; read line; stty size; echo got $line; exit 5")
    fcntl.ioctl(here.screen, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 90, 0, 0))

    here.sees("/dev/pts/")
    here.sees("\r\n")
    assert here.said.split()[0] not in terminals
    here.types("hello\r")

    assert here.ended() == 5
    assert "30 90" in here.said
    assert "got hello" in here.said


@pytest.mark.parametrize("stdin", ["terminal", "pipe"])
def test_ctrl_c_is_the_commands_own_to_deal_with(app: AppOnStage, stdin: str) -> None:
    app.deploy(serving("one"))
    command = "trap 'echo caught; exit 7' INT; echo ready; sleep 600 & wait"
    here = AtATerminal(app, command, is_piped=stdin == "pipe")

    here.sees("ready")
    here.types("\x03")

    assert here.ended() == 7
    assert "caught" in here.said


def test_told_to_end_it_leaves_the_terminal_as_it_was(app: AppOnStage) -> None:
    app.deploy(serving("one"))
    command = "trap 'echo caught; exit 7' TERM; echo ready; sleep 600 & wait"
    here = AtATerminal(app, command)

    here.sees("ready")
    os.kill(here.pid, signal.SIGTERM)

    assert here.ended() == 7
    assert "caught" in here.said
    assert here.echoes


def test_much_is_typed_while_much_is_printed(app: AppOnStage) -> None:
    app.deploy(serving("one"))
    command = "stty raw -echo; echo ready; yes | head -n 50000; head -c 100000 | wc -c"
    here = AtATerminal(app, command)

    here.sees("ready")
    with ThreadPoolExecutor() as hands:
        hands.submit(here.types, "x" * 100_000)
        here.sees("100000")

    assert here.ended() == 0


def test_all_is_seen_that_it_printed_before_it_ended(app: AppOnStage) -> None:
    app.deploy(serving("one"))
    here = AtATerminal(app, "echo ready; read line; seq 5000; exit 5")

    here.sees("ready")
    here.types("\r")
    # More than one look takes, of one that is not there any more.
    wait_until(lambda: not children(here.pid))

    assert here.ended() == 5
    assert here.said.splitlines()[-1] == "5000"


def test_its_terminal_may_be_opened_by_name(app: AppOnStage) -> None:
    app.deploy(serving("one"))
    here = AtATerminal(app, "echo out > /dev/stdout; echo err > /dev/stderr")

    assert here.ended() == 0
    assert here.said.split() == ["out", "err"]


def test_nothing_that_it_started_outlives_it(app: AppOnStage) -> None:
    app.deploy(serving("one"))
    detached = "setsid sleep 600 < /dev/null > /dev/null 2>&1 &"

    code, said = run(app, f"{detached} echo HEROKU_DYNO_ID=$HEROKU_DYNO_ID")

    assert code == 0
    assert processes_with(said.strip()) == set()


def test_what_is_piped_into_it_arrives(app: AppOnStage) -> None:
    app.deploy(serving("one"))
    stage = app.stage

    done = subprocess.run(
        [sys.executable, "manage.py", "run", app.name, "--", "tr a-z A-Z"],
        cwd=ROOT,
        env=environment(stage.up.home, stage.settings),
        input="through a pipe",
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "THROUGH A PIPE"


@pytest.mark.parametrize("by", ["the next", "the runtime"])
def test_what_a_killed_one_left_behind_is_removed(app: AppOnStage, by: str) -> None:
    app.deploy(serving("one"))
    mark = "HEROKU_DYNO_ID=$HEROKU_DYNO_ID"
    here = AtATerminal(app, f"pwd; setsid sleep 600 & echo {mark} up; wait")
    here.sees("up")
    os.kill(here.pid, signal.SIGKILL)
    here.ended()
    folder, mark = (here.said.split()[number] for number in (0, 1))
    assert Path(folder).exists()

    if by == "the next":
        run(app, "true")
    else:
        app.stage.kill("manage.py runtime")

    wait_until(lambda: not Path(folder).exists())
    assert processes_with(mark) == set()


def test_what_was_run_by_hand_is_an_activity(app: AppOnStage) -> None:
    app.deploy(serving("one"))

    run(app, "true")

    told = app.stage.manage("activity", app.name)
    assert "Ran run." in told.splitlines()[1]


def test_without_code_it_is_refused(app: AppOnStage) -> None:
    assert run(app, "ls") == (
        1,
        f"{app.name} has no code to run yet: deploy it first.\n",
    )
