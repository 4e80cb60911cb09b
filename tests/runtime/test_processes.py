"""Processes as a driver has them: each from its start to its end, and what they find."""

import signal
import time
from pathlib import Path

import pytest
from pytest_django import Settings

from releases.errors import OperationRefused
from releases.slugs.storage import delete_blob
from runtime.driver import Status
from runtime.local.places import older
from runtime.local.processes import Processes
from tests.machine.processes import processes, wait_until
from tests.runtime.supervised import CODE, Supervised

pytestmark = pytest.mark.machine

MEGABYTE = 2**20
# What a shell adds by itself.
SHELL = {"PWD", "SHLVL", "_"}


def test_a_process_runs_its_command_in_a_copy_of_its_code(run: Supervised) -> None:
    spec = run.start("pwd && cat hello.txt && echo more > own && exec sleep 600")

    run.prints(spec, "hello")
    wait_until((run.home(spec) / "own").exists)

    assert run.lines(spec) == [str(run.home(spec)), "hello"]
    seen = run.reached(spec, "running")
    assert (seen.ends, seen.exit_code) == (0, None)


def test_its_environment_is_what_it_was_given_and_nothing_of_ours(
    run: Supervised,
) -> None:
    given = {"COLOR": "bl ue", "LINES": "a\nb", "MONEY": "100 % für $HOME `x`"}
    spec = run.start(
        "exec python3 -c 'import os; print(dict(os.environ))'",
        environment={**given, "DYNO": "web.1", "PORT": "20001"},
        once=True,
    )
    run.ended(spec)

    [line] = run.lines(spec)
    found = eval(line, {})  # noqa: S307  # a dict, printed by our own code
    assert {name: text for name, text in found.items() if name not in SHELL} == {
        **given,
        "DYNO": "web.1",
        "PORT": "20001",
        "HEROKU_DYNO_ID": str(spec.id),
        "HOME": str(run.home(spec)),
        "LANG": "C.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
    }


def test_config_vars_win_over_what_is_there_by_default(run: Supervised) -> None:
    config = {"PATH": "/bin:/usr/bin", "LANG": "de_DE.UTF-8"}

    assert run.run('echo "$PATH $LANG"', environment=config) == [
        "/bin:/usr/bin de_DE.UTF-8"
    ]


def test_what_the_code_says_of_its_environment_comes_first(run: Supervised) -> None:
    files = {
        **CODE,
        ".profile.d/1.sh": "export GREETING=hello\n",
        ".profile.d/2.sh": 'export GREETING="$GREETING world"\n',
        ".profile": 'export GREETING="$GREETING!"\n',
    }

    assert run.run('echo "$GREETING"', files=files) == ["hello world!"]


def test_no_process_sees_what_another_wrote(run: Supervised) -> None:
    first = run.start("echo secret > own; echo changed > hello.txt; exec sleep 600")
    wait_until((run.home(first) / "own").exists)

    assert run.run("ls; cat hello.txt") == ["Procfile", "hello.txt", "hello"]


def test_asked_again_it_starts_no_second_process(run: Supervised) -> None:
    spec = run.start("echo up; exec sleep 600")
    run.prints(spec, "up")

    run.processes.start(spec)
    Processes(run.folder).start(spec)

    assert len(run.pids(spec)) == 1
    assert run.lines(spec) == ["up"]


def test_one_that_ends_is_started_again_a_little_later_each_time(
    run: Supervised,
) -> None:
    spec = run.start("echo up; exit 3")

    first = run.reached(spec, "backing off", ends=1)
    third = run.reached(spec, "backing off", ends=3)

    assert first.exit_code == third.exit_code == 3
    # One second after the first end, two after the second.
    assert (third.since - first.since).total_seconds() >= 3
    assert run.lines(spec) == ["up"] * 3
    assert run.words(spec) == ["started", "exited with 3"] * 3


def test_one_that_comes_up_at_last_is_running_again(run: Supervised) -> None:
    spec = run.start("[ -e tried ] && exec sleep 600; touch tried; kill -9 $$")

    down = run.reached(spec, "backing off", ends=1)
    up = run.reached(spec, "running", ends=1)

    assert down.exit_code == -signal.SIGKILL
    assert up.exit_code is None
    assert up.since > down.since


@pytest.mark.parametrize(
    ("command", "code"), [("true", 0), ("exit 7", 7), ("kill -9 $$", -9)]
)
def test_what_runs_once_keeps_its_exit_code_until_it_is_let_go(
    run: Supervised, command: str, code: int
) -> None:
    spec = run.start(command, once=True)

    assert run.ended(spec).exit_code == code
    assert Processes(run.folder).seen()[spec.id].exit_code == code
    run.forget(spec)


def test_a_command_that_cannot_run_says_why(run: Supervised) -> None:
    too_much = {f"VALUE_{number}": "x" * 100_000 for number in range(40)}
    spec = run.start("true", environment=too_much, once=True)

    assert run.ended(spec).exit_code == 126
    assert "Argument list too long" in run.lines(spec)[0]
    assert "not found" in run.run("no-such-program")[0]


def test_what_it_prints_to_may_be_opened_by_name(run: Supervised) -> None:
    command = "echo out > /dev/stdout; echo err > /dev/stderr"

    assert run.run(command) == ["out", "err"]


def test_code_that_is_gone_is_refused(run: Supervised) -> None:
    spec = run.spec("true", files={"lost": "for ever"})
    delete_blob(spec.blob)

    with pytest.raises(OperationRefused, match="missing from the store"):
        run.prepare(spec)
    assert run.seen(spec) is None


def test_one_that_is_stopped_may_finish_what_it_does(run: Supervised) -> None:
    spec = run.start(
        'trap "sleep 0.3; echo finished; exit" TERM; echo up; while :; do sleep 0.1; done'
    )
    run.prints(spec, "up")

    run.stop(spec)

    assert run.lines(spec)[-1] == "finished"
    assert run.pids(spec) == set()


def test_all_it_consists_of_is_asked_to_end(run: Supervised) -> None:
    child = "trap 'echo {0} ends; exit' TERM; echo {0} up; while :; do sleep 0.1; done"
    files = {**CODE, "one": child.format("one"), "two": child.format("two")}
    spec = run.start("sh one & setsid sh two & wait", files=files)
    for name in ("one", "two"):
        run.prints(spec, f"{name} up")

    run.stop(spec)

    assert {"one ends", "two ends"} <= set(run.lines(spec))


def test_one_that_will_not_end_is_killed(run: Supervised, settings: Settings) -> None:
    settings.STOP_WITHIN = 1
    spec = run.start('trap "" TERM; echo up; while :; do sleep 0.1; done')
    run.prints(spec, "up")

    run.stop(spec)

    assert run.words(spec)[1:] == [
        "stopping",
        "killed: it took longer than 1 s",
        "ended by signal 9",
    ]
    assert run.pids(spec) == set()


@pytest.mark.parametrize("after", [0, 0.005, 0.01, 0.02, 0.05])
def test_one_that_is_stopped_as_it_starts_leaves_nothing(
    run: Supervised, after: float
) -> None:
    spec = run.start("exec sleep 600")
    time.sleep(after)

    run.stop(spec)

    assert run.pids(spec) == set()
    assert not run.place(spec).folder.exists()
    assert not run.home(spec).exists()


def test_one_is_seen_until_it_is_gone_and_then_nothing_is_left(
    run: Supervised,
) -> None:
    spec = run.start(
        "trap 'while [ ! -e end ]; do sleep 0.05; done; exit' TERM;"
        "echo up; while :; do sleep 0.1; done"
    )
    run.prints(spec, "up")

    run.processes.stop(spec.id)
    run.processes.stop(spec.id)
    run.processes.forget(spec.id)

    seen = run.seen(spec)
    assert seen
    assert seen.status == Status.RUNNING
    assert run.home(spec).exists()
    (run.home(spec) / "end").touch()
    wait_until(lambda: run.seen(spec) is None)
    assert not run.place(spec).folder.exists()
    assert not run.home(spec).exists()


def test_one_that_was_only_prepared_can_be_forgotten(run: Supervised) -> None:
    spec = run.spec("true")
    run.prepare(spec)

    run.processes.forget(spec.id)
    run.processes.forget(spec.id)

    assert not run.home(spec).exists()


def test_what_a_lost_machine_left_half_written_is_let_go_of(run: Supervised) -> None:
    spec = run.spec("exec sleep 600")
    run.prepare(spec)
    place = run.place(spec)
    place.folder.mkdir()
    place.spec.write_text('{"command": "exec sl')
    stranger = place.folder.with_name("lost+found")
    stranger.mkdir(exist_ok=True)

    run.supervisor.start(place)

    wait_until(lambda: run.seen(spec) is None and not place.folder.exists())
    assert stranger.exists()
    stranger.rmdir()


def test_what_runs_keeps_its_code_ready_to_be_copied(run: Supervised) -> None:
    spec = run.start("exec sleep 600", files={**CODE, "kept": "while it runs"})
    unpacked = run.folder / "code" / "unpacked" / spec.blob

    run.processes.keep_ready({})
    assert unpacked.exists()
    assert run.home(spec).exists()

    run.forget(spec)
    run.processes.keep_ready({})
    assert not unpacked.exists()


def test_a_hundred_megabytes_of_output_are_bounded_and_hinder_nobody(
    run: Supervised, settings: Settings
) -> None:
    settings.LOG_MEGABYTES = 2
    line = "0123456789" * 10
    other = run.start("exec sleep 600")
    spec = run.start(f"yes {line} | head -n 1000000; echo done", once=True)
    log = run.log(spec)

    sizes = []
    while "done" not in run.lines(spec)[-1:]:
        sizes.append(size(log) + size(older(log)))
        seen = run.processes.seen()
        assert {spec.id, other.id} <= seen.keys()

    assert max(sizes) <= 2 * MEGABYTE
    assert run.ended(spec).exit_code == 0
    assert set(run.lines(spec)) == {line, "done"}


def test_memory_is_limited(run: Supervised, settings: Settings) -> None:
    settings.PROCESS_MEMORY = 200
    spec = run.start(
        "exec python3 -c 'b = bytearray(100 << 20); print(1, flush=True); b = bytearray(500 << 20)'",
        once=True,
    )

    assert run.ended(spec).exit_code == 1
    assert run.lines(spec)[0] == "1"
    assert run.lines(spec)[-1] == "MemoryError"


def test_open_files_and_core_dumps_are_limited(
    run: Supervised, settings: Settings
) -> None:
    settings.PROCESS_FILES = 123

    assert run.run("ulimit -n; ulimit -c") == ["123", "0"]


def test_a_limit_of_zero_is_none(run: Supervised, settings: Settings) -> None:
    settings.PROCESS_MEMORY = 0

    assert run.run("ulimit -d") == ["unlimited"]


def test_values_are_in_no_command_line_no_log_and_no_file_but_one(
    run: Supervised,
) -> None:
    value = "s3cr3t-of-an-app"
    spec = run.start("exec sleep 600", environment={"TOKEN": value})
    run.reached(spec, "running")
    wait_until(lambda: run.pids(spec))

    assert not [line for _, line in processes().values() if value in line]
    environ = Path(f"/proc/{run.program.pid}/environ").read_text()
    assert value not in environ
    assert value not in Path(f"/proc/{run.launcher(spec)}/environ").read_text()
    files = [each for each in run.folder.rglob("*") if each.is_file()]
    assert [each for each in files if value in each.read_text(errors="replace")] == [
        run.place(spec).spec
    ]
    assert run.place(spec).spec.stat().st_mode & 0o077 == 0

    run.forget(spec)
    assert not run.place(spec).spec.exists()


def test_nothing_of_the_machine_is_open_to_it(run: Supervised) -> None:
    """Neither a descriptor of ours, nor a terminal, nor a way to more privileges."""
    assert run.run("ls /proc/self/fd; readlink /proc/self/fd/0") == [
        *"0123",
        "/dev/null",
    ]
    [privileges] = run.run("grep NoNewPrivs /proc/self/status")
    assert privileges.split() == ["NoNewPrivs:", "1"]
    assert run.run("umask") == ["0077"]


def size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
