import io

import pytest

from releases.management.console.progress import Counted, Progress
from releases.management.console.words import counted


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True

    def write(self, msg: str = "", *, ending: str | None = None) -> int:
        return super().write(msg + (ending or ""))


class Pipe(Screen):
    def isatty(self) -> bool:
        return False


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that progress goes by; its last number is now."""
    times = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: times[-1])
    return times


def test_a_terminal_sees_how_far_it_is_and_a_clean_line_after(
    clock: list[float],
) -> None:
    screen = Screen()

    with Progress("Writing", screen, total=2_000_000) as progress:
        clock.append(1.0)
        progress.advance(1_500_000)

    assert screen.getvalue() == "\r\033[KWriting 1.5 MB of 2.0 MB\r\033[K"


def test_the_line_moves_ten_times_a_second_at_most(clock: list[float]) -> None:
    screen = Screen()

    with Progress("Reading", screen, say=lambda number: counted(number, "app")) as it:
        for hundredth in range(100):
            clock.append(hundredth / 100)
            it.advance(1)

    lines = screen.getvalue().split("\r\033[K")[1:-1]
    assert 8 <= len(lines) <= 10
    assert lines[0] == "Reading 11 apps"


def test_nothing_is_said_where_there_is_no_terminal(clock: list[float]) -> None:
    pipe = Pipe()

    with Progress("Reading", pipe) as progress:
        clock.append(1.0)
        stream = Counted(io.BytesIO(b"abc"), progress)
        read = stream.read(2) + stream.read(2)

    assert read == b"abc"
    assert pipe.getvalue() == ""
