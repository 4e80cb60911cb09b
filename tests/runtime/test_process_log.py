import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runtime.local.places import log_file, older
from runtime.local.process_log import LONGEST_LINE, MOST_LOGS, ProcessLog, last_lines

Open = Callable[..., ProcessLog]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app" / "web.1.log"


@pytest.fixture
def opened(path: Path) -> Iterator[Open]:
    with ExitStack() as stack:

        def open_log(*, version: int = 3, most_bytes: int = 10**6) -> ProcessLog:
            log = ProcessLog(path, version=version, most_bytes=most_bytes)
            stack.callback(log.close)
            return log

        yield open_log


def lines(path: Path, *, version: int = 3, most: int = 10**6) -> list[str]:
    return last_lines(path, version=version, most=most)


def test_a_line_has_its_time_and_release(opened: Open, path: Path) -> None:
    before = datetime.now(UTC)
    opened(version=12).write("schön\n".encode())

    time, release, text = path.read_text().removesuffix("\n").split(" ")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time)
    assert (datetime.fromisoformat(time) - before).total_seconds() + 0.001 >= 0
    assert (release, text) == ("v12", "schön")


def test_a_line_comes_whole_in_whatever_pieces_it_was_printed(
    opened: Open, path: Path
) -> None:
    log = opened()
    for piece in (b"on", b"e\ntw", b"o\n\nlast"):
        log.write(piece)
    assert lines(path) == ["one", "two", ""]

    log.end_line()

    assert lines(path)[-1] == "last"


@pytest.mark.parametrize(
    ("printed", "kept"),
    [
        (b"\x1b[31mred\x1b[0m", "\ufffd[31mred\ufffd[0m"),
        (b"a\tb\0c\x7fd", "a\tb\ufffdc\ufffdd"),
        (b"10%\r20%\r\r", "10%\ufffd20%\ufffd"),
        ("a\x85b\x9bc".encode(), "a\ufffdb\ufffdc"),
        (b"\xff\xfe \xc3(", "\ufffd\ufffd \ufffd("),
        ("日本 Â ½".encode(), "日本 Â ½"),
        (b"windows\r", "windows"),
        (b"-- create_table(:users)", "-- create_table(:users)"),
        (b"  -- deeper", "  -- deeper"),
        (b"2026-11-25T19:05:54.560Z v3 -- stopped", None),
    ],
)
def test_what_is_printed_cannot_be_taken_for_anything_else(
    printed: bytes, kept: str | None, opened: Open, path: Path
) -> None:
    opened().write(printed + b"\n")

    assert lines(path) == [printed.decode() if kept is None else kept]
    assert path.read_bytes().count(b"\n") == 1
    assert b" v3 -- " not in path.read_bytes()[24:32]


def test_words_of_our_own_are_no_lines_of_the_process(opened: Open, path: Path) -> None:
    log = opened()
    log.write(b"unfinished")
    log.say("exited with 1")

    assert lines(path) == ["unfinished"]
    assert path.read_text().endswith(" v3 -- exited with 1\n")


@pytest.mark.parametrize("size", [LONGEST_LINE, LONGEST_LINE + 1, 10 * LONGEST_LINE])
def test_a_long_line_is_cut_into_lines_and_nothing_is_lost(
    size: int, opened: Open, path: Path
) -> None:
    log = opened()
    log.write(b"x" * (size - 1))
    log.write(b"y\nnext\n")

    assert max(map(len, lines(path))) <= LONGEST_LINE
    assert "".join(lines(path)) == "x" * (size - 1) + "ynext"


def test_a_log_has_no_more_than_its_size_and_keeps_the_newest(
    opened: Open, path: Path
) -> None:
    log = opened(most_bytes=100_000)
    for number in range(10_000):
        log.write(f"{number}\n".encode())

    assert path.stat().st_size + older(path).stat().st_size < 101_000
    kept = lines(path)
    assert kept == [str(number) for number in range(10_000 - len(kept), 10_000)]
    assert len(kept) > 1_500


def test_two_releases_write_to_one_log_and_neither_loses_a_line(
    opened: Open, path: Path
) -> None:
    # A new file is begun four times: once for each half of twice the size.
    logs = [opened(version=each, most_bytes=20_000) for each in (3, 4)]
    seen: dict[int, list[str]] = {3: [], 4: []}
    for number in range(600):
        for version, log in zip((3, 4), logs, strict=True):
            log.write(f"{number}\n".encode())
            seen[version] += lines(path, version=version, most=1)

    assert seen == {each: [str(n) for n in range(600)] for each in (3, 4)}


def test_only_the_newest_lines_of_a_release_are_read(opened: Open, path: Path) -> None:
    old, new = opened(version=3), opened(version=33)
    old.write(b"1\n2\n")
    new.write(b"other\n")
    old.write(b"3\n")

    assert lines(path, version=3, most=2) == ["2", "3"]
    assert lines(path, version=33, most=2) == ["other"]
    assert lines(path, version=4) == []
    assert lines(path, most=0) == []


def test_there_is_nothing_to_read_where_nothing_was_printed(path: Path) -> None:
    assert lines(path) == []


def test_logs_are_for_us_alone(opened: Open, path: Path) -> None:
    opened().write(b"secret\n")

    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..", "a/../b"])
def test_no_name_leads_out_of_an_apps_logs(name: str, tmp_path: Path) -> None:
    found = log_file(tmp_path, "app", name)

    assert found.resolve().parent == tmp_path / "logs" / "app"


def test_an_app_has_a_bounded_number_of_logs(path: Path) -> None:
    for number in range(MOST_LOGS + 20):
        run = path.with_name(f"run.{number}.log")
        with closing(ProcessLog(run, version=1, most_bytes=1_000)) as log:
            log.write(b"x" * 600 + b"\n")

    assert len(list(path.parent.glob("*.log"))) == MOST_LOGS
    assert run.exists()
