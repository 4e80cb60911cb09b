"""What bin/up keeps running, with processes that end by themselves."""

import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import pytest

from dashboard.machine import parts as parts_module
from dashboard.machine.errors import CannotStart
from dashboard.machine.parts import MOST_ENDS, Parts
from tests.machine.processes import wait_until


@dataclass
class Process:
    process: subprocess.Popen[bytes]

    def ended(self) -> bool:
        return self.process.poll() is not None

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def test_what_ends_again_and_again_is_started_less_often(
    capsys: pytest.CaptureFixture[str],
) -> None:
    started: list[Process] = []

    def start() -> Process:
        started.append(Process(subprocess.Popen(["false"])))  # noqa: S607
        return started[-1]

    with ExitStack() as stack:
        parts = Parts(stack)
        parts.start("worker", start)
        for _ in range(3 * MOST_ENDS):
            started[-1].process.wait()
            parts.keep()

    assert len(started) == MOST_ENDS + 1
    said = "The worker ended unexpectedly, and is started again.\n"
    assert capsys.readouterr().err == said * MOST_ENDS


@pytest.mark.parametrize(
    "refusal", [CannotStart("Port 8080 is taken."), OSError(28, "No space left")]
)
def test_what_cannot_be_started_again_just_now_is_tried_later(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    refusal: Exception,
) -> None:
    monkeypatch.setattr(parts_module, "PAUSE", 0.5)
    started: list[Process] = []
    is_free = True

    def start() -> Process:
        if not is_free:
            raise refusal
        started.append(Process(subprocess.Popen(["false"])))  # noqa: S607
        return started[-1]

    def is_started_again() -> bool:
        parts.keep()
        return len(started) > 1

    with ExitStack() as stack:
        parts = Parts(stack)
        parts.start("router", start)
        started[-1].process.wait()
        is_free = False
        parts.keep()
        parts.keep()
        assert capsys.readouterr().err.count(str(refusal)) == 1

        is_free = True
        wait_until(is_started_again)


def test_parts_stop_in_the_opposite_order() -> None:
    stopped: list[str] = []

    @dataclass
    class Named:
        name: str

        def ended(self) -> bool:
            return False

        def stop(self) -> None:
            stopped.append(self.name)

    with ExitStack() as stack:
        parts = Parts(stack)
        for name in ("first", "second"):
            parts.start(name, partial(Named, name))
        parts.keep()

    assert stopped == ["second", "first"]
