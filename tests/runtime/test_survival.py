"""kill -9 of what runs processes: nothing is left over, and what should run is back."""

import os
import signal

import pytest

from runtime.driver import NotReady, Spec, Status
from runtime.local.processes import Processes
from tests.machine.processes import children, gone, wait_until
from tests.runtime.supervised import Supervised

pytestmark = pytest.mark.machine

FORKS = {
    "in the background": "sleep 601 & echo up; exec sleep 600",
    "in a session of its own": "setsid sleep 601 & echo up; exec sleep 600",
    "as daemons": "(setsid sh -c 'sleep 601 & sleep 602' &); echo up; exec sleep 600",
    "as what ignores signals": (
        "(trap '' TERM HUP; setsid sleep 601 &); echo up; exec sleep 600"
    ),
}
forking = pytest.mark.parametrize("command", FORKS.values(), ids=FORKS)


def started(run: Supervised, command: str) -> tuple[Spec, set[int]]:
    """Start a process that forks; it, and all it consists of once it is up."""
    spec = run.start(command)
    run.prints(spec, "up")
    wait_until(lambda: len(run.pids(spec)) > 1)
    return spec, run.pids(spec)


def is_back(run: Supervised, spec: Spec, before: set[int]) -> bool:
    """Whether all of a process is there again, and nothing of before.

    It may have gone on forking after `before` was taken down.
    """
    now = run.pids(spec)
    return len(now) >= len(before) and now.isdisjoint(before)


@forking
def test_nothing_is_left_of_one_that_is_stopped(run: Supervised, command: str) -> None:
    spec, pids = started(run, command)

    run.stop(spec)

    assert gone(pids)
    assert run.pids(spec) == set()


@forking
def test_nothing_is_left_of_one_that_ends(run: Supervised, command: str) -> None:
    spec = run.start(command.replace("exec sleep 600", "exit 3"), once=True)

    assert run.ended(spec).exit_code == 3
    assert run.pids(spec) == set()


@forking
def test_supervisord_killed_takes_all_with_it_and_brings_all_back(
    run: Supervised, command: str
) -> None:
    spec, before = started(run, command)

    run.kill()

    wait_until(lambda: gone(before))
    assert run.pids(spec) == set()
    run.begin()
    wait_until(lambda: is_back(run, spec, before))
    assert run.reached(spec, "running").ends == 0
    run.forget(spec)


@forking
def test_a_launcher_killed_is_replaced_and_so_is_all_it_had(
    run: Supervised, command: str
) -> None:
    spec, before = started(run, command)

    run.kill_launcher(spec)

    wait_until(lambda: is_back(run, spec, before))
    assert run.reached(spec, "running").ends == 0


def test_a_process_killed_is_started_again_without_what_it_left(
    run: Supervised,
) -> None:
    spec, before = started(run, FORKS["as daemons"])

    [process] = (
        pid
        for pid, command in children(run.launcher(spec)).items()
        if command == "sleep 600"
    )
    os.kill(process, signal.SIGKILL)

    wait_until(lambda: is_back(run, spec, before))
    assert run.reached(spec, "running").ends == 1


def test_all_of_it_killed_at_once_is_back(run: Supervised) -> None:
    spec, before = started(run, FORKS["as daemons"])

    for pid in (run.launcher(spec), *before):
        os.kill(pid, signal.SIGKILL)

    wait_until(lambda: is_back(run, spec, before))


def test_what_runs_once_is_not_run_again(run: Supervised) -> None:
    interrupted = run.start("echo up; exec sleep 600", once=True)
    over = run.start("exit 5", once=True)
    run.prints(interrupted, "up")
    run.ended(over)

    run.kill()
    run.begin()

    assert run.ended(interrupted).exit_code is None
    assert run.lines(interrupted) == ["up"]
    assert run.words(interrupted)[-1].startswith("interrupted")
    wait_until(run.place(over).is_held)
    assert run.ended(over).exit_code == 5
    run.forget(interrupted)


def test_what_runs_once_is_not_run_again_by_another_launcher(run: Supervised) -> None:
    spec = run.start("(setsid sleep 601 &); echo up; exec sleep 600", once=True)
    run.prints(spec, "up")

    run.kill_launcher(spec)

    assert run.ended(spec).exit_code is None
    assert run.lines(spec) == ["up"]
    assert run.pids(spec) == set()


def test_while_supervisord_is_away_nothing_can_be_said(run: Supervised) -> None:
    spec = run.start("exec sleep 600")
    run.reached(spec, "running")
    run.kill()

    with pytest.raises(NotReady, match="Supervisord does not answer"):
        run.processes.seen()
    with pytest.raises(NotReady):
        run.processes.stop(spec.id)

    run.begin()
    assert run.seen(spec) is None
    assert run.pids(spec) == set()
    assert not run.home(spec).exists()


def test_one_that_was_to_start_while_supervisord_was_away_starts_with_it(
    run: Supervised,
) -> None:
    spec = run.spec("echo up; exec sleep 600")
    run.prepare(spec)
    run.kill()
    with pytest.raises(NotReady):
        run.processes.start(spec)

    run.begin()

    run.processes.start(spec)
    run.prints(spec, "up")
    assert run.lines(spec) == ["up"]


@pytest.mark.parametrize("left", ["", "\0" * 100], ids=["nothing", "zeros"])
def test_what_a_lost_machine_left_of_a_program_file_hinders_nobody(
    run: Supervised, left: str
) -> None:
    spec, before = started(run, FORKS["in the background"])
    other, of_other = started(run, FORKS["in the background"])
    run.kill()

    run.place(spec).program.write_text(left)
    run.begin()

    wait_until(lambda: is_back(run, spec, before))
    wait_until(lambda: is_back(run, other, of_other))


def test_who_takes_over_finds_all_that_runs_and_all_that_stops(
    run: Supervised,
) -> None:
    """The reconciler is killed, and another comes."""
    running, stopping = run.start("exec sleep 600"), run.start("exec sleep 600")
    for spec in (running, stopping):
        run.reached(spec, "running")
    # Cut off between writing down that it should stop, and telling supervisord.
    run.place(stopping).program.unlink()

    successor = Processes(run.folder)

    wait_until(lambda: stopping.id not in successor.seen())
    assert successor.seen()[running.id].status == Status.RUNNING
    assert run.pids(stopping) == set()
    assert not run.home(stopping).exists()


def test_a_start_that_was_cut_off_is_no_process(run: Supervised) -> None:
    spec = run.spec("echo up; exec sleep 600")
    run.prepare(spec)
    run.place(spec).folder.mkdir()
    run.place(spec).spec.write_text("{")

    assert run.seen(spec) is None

    run.prepare(spec)
    run.processes.start(spec)
    run.prints(spec, "up")
