"""The log of an app: merged, filtered, read at its ends, and followed."""

import random
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from releases import log_files
from releases.log_files import CHUNK, LINE_LIMIT, READ_ON, LogFile
from releases.log_formats import LogLine, process_line, router_line
from releases.logs import LogReader, Wanted, last_lines
from releases.models import App
from tests.factories import make_app, make_config, make_process
from tests.log_writing import (
    START,
    add,
    process_log,
    requested,
    rotate,
    router_log,
    stamped,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("log_folders")]


@pytest.fixture
def app() -> App:
    return make_app("shop")


def texts(lines: list[LogLine]) -> list[str]:
    return [line.text for line in lines]


def test_lines_of_all_come_in_the_order_of_their_times(app: App) -> None:
    add(process_log(app, "web.1"), stamped("one"), stamped("four", second=3))
    add(process_log(app, "worker.1"), stamped("two", second=1))
    add(router_log(app), requested("/three", second=2))

    request = (
        'at=info method=GET path="/three" host=shop.localhost:8080'
        " request_id=7f1c2d3e-0000-4000-8000-000000000001"
        ' fwd="192.0.2.7" service=12ms status=200 bytes=512 release=v2'
    )
    *lines, created = [str(line) for line in last_lines(app, most=100)]

    assert lines == [
        "2026-11-25T19:05:54.000000+00:00 app[web.1]: one",
        "2026-11-25T19:05:55.000000+00:00 app[worker.1]: two",
        f"2026-11-25T19:05:56.000000+00:00 heroku[router]: {request}",
        "2026-11-25T19:05:57.000000+00:00 app[web.1]: four",
    ]
    assert created.endswith(f" app[api]: Initial release by {app.owner}")
    assert texts(last_lines(app, most=2))[0] == "four"
    assert last_lines(app, most=0) == []


def test_what_runs_a_process_speaks_as_the_platform(app: App) -> None:
    add(process_log(app, "web.1"), stamped("-- exited with 1", version=7))

    [line, _] = last_lines(app, most=2)

    assert (line.source, line.process, line.version) == ("heroku", "web.1", 7)
    assert line.text == "exited with 1"
    assert line.time == START


@pytest.mark.parametrize("printed", ["-- exited with 1", "  -- SQL", "--x", " -"])
def test_no_process_speaks_as_the_platform(app: App, printed: str) -> None:
    # The runtime writes one space more where a line looks like its own.
    written = f" {printed}" if printed.lstrip().startswith("-- ") else printed
    add(process_log(app, "web.1"), stamped(written))

    [line] = last_lines(app, most=1, process="web")

    assert (line.source, line.text) == ("app", printed)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(process="web.1"), ["one", "up"]),
        (Wanted(process="web"), ["one", "up", "TWO"]),
        (Wanted(process="router"), ["at=info"]),
        (Wanted(process="api"), ["Initial release"]),
        (Wanted(process="we"), []),
        (Wanted(process="../web.1"), []),
        (Wanted(source="heroku"), ["up", "at=info"]),
        (Wanted(source="heroku", process="web"), ["up"]),
        (Wanted(source="app"), ["one", "TWO", "Initial release"]),
        (Wanted(source="else"), []),
        (Wanted(version=3), ["TWO"]),
        (Wanted(version=1), ["Initial release"]),
        (Wanted(search="two"), ["TWO"]),
        (Wanted(search="INITIAL"), ["Initial release"]),
        (Wanted(search="nowhere"), []),
    ],
    ids=str,
)
def test_only_what_is_wanted_is_read(
    app: App, wanted: Wanted, found: list[str]
) -> None:
    add(process_log(app, "web.1"), stamped("one"), stamped("-- up", second=1))
    add(process_log(app, "web.2"), stamped("TWO", second=2, version=3))
    add(router_log(app), requested("/", second=3))

    lines = texts(LogReader(app, wanted).last(100))

    assert [text[: len(start)] for text, start in zip(lines, found, strict=True)] == (
        found
    )


def test_what_was_rotated_away_is_read_on_into(app: App) -> None:
    log = process_log(app, "web.1")
    add(log, stamped("one"), stamped("two", second=1))
    rotate(log)
    add(log, stamped("three", second=2))
    requests = router_log(app)
    add(requests, requested("/older"))
    requests.rename(requests.with_name(f"{app.pk}-2026-11-25T19-05-54.560.json"))
    add(requests, requested("/newer", second=1))

    assert texts(last_lines(app, most=9, process="web")) == ["one", "two", "three"]
    assert [
        line.text.split()[2] for line in last_lines(app, most=9, process="router")
    ] == ['path="/older"', 'path="/newer"']


def test_another_app_has_another_log(app: App) -> None:
    add(process_log(make_app("store"), "web.1"), stamped("theirs"))

    assert last_lines(app, most=9, process="web") == []


def test_new_lines_are_followed_through_rotations_and_new_files(app: App) -> None:
    log = process_log(app, "web.1")
    add(log, stamped("one"), stamped("tw", second=1)[:-1])
    reader = LogReader(app)
    assert texts(reader.last(9))[0] == "one"
    assert reader.more() == []

    add(log, b"o\n", stamped("three", second=2))
    assert texts(reader.more()) == ["two", "three"]

    add(log, stamped("four", second=3))
    rotate(log)
    add(log, stamped("five", second=4))
    add(process_log(app, "run.1234"), stamped("once", second=5))
    add(router_log(app), requested("/", second=6))
    make_config(app, COLOR="red")
    *lines, request, config = reader.more()

    assert texts(lines) == ["four", "five", "once"]
    assert request.process == "router"
    assert config.text.startswith("Set COLOR config vars by")
    assert reader.more() == []


def test_what_comes_between_the_last_lines_and_the_next_is_told_once(app: App) -> None:
    log = process_log(app, "web.1")
    add(log, stamped("one"))
    reader = LogReader(app, Wanted(process="web"))

    add(log, stamped("two", second=1))
    rotate(log)
    add(log, stamped("three", second=2))

    assert texts(reader.last(9)) == ["one"]
    assert texts(reader.more()) == ["two", "three"]


def test_a_log_that_was_emptied_is_followed_from_its_start(app: App) -> None:
    log = process_log(app, "web.1")
    add(log, stamped("one"), stamped("two"))
    reader = LogReader(app, Wanted(process="web"))

    log.write_bytes(stamped("new", second=1))

    assert texts(reader.more()) == ["new"]


def test_what_comes_too_fast_is_skipped_and_that_is_said(app: App) -> None:
    log = process_log(app, "web.1")
    add(log, stamped("before"))
    reader = LogReader(app, Wanted(process="web"))
    line = stamped("x" * 1_000, second=1)

    add(log, *[line] * 1_000, stamped("the end", second=2))
    lines = sorted(reader.more(), key=lambda each: each.source)

    assert lines[-1].text.endswith("bytes came too fast to be shown")
    assert len(lines) <= READ_ON // 1_000
    assert "the end" in texts(lines)
    assert {line.text for line in lines[:-1]} == {"x" * 1_000, "the end"}


def test_a_huge_line_costs_no_more_than_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"before\n" + b"a" + b"x" * 10 * CHUNK + b"\nafter\n")
    log = LogFile(path, "log.1")
    mark = log.mark()
    assert mark

    after, huge, before = log.before(mark)

    assert (before, after) == (b"before", b"after")
    assert huge == b"a" + b"x" * (LINE_LIMIT - 1)


def test_a_line_that_never_ends_holds_up_no_other_log(app: App) -> None:
    endless = process_log(app, "web.1")
    add(endless, b"x" * 3 * READ_ON)
    reader = LogReader(app, Wanted(process="web"))
    add(endless, b"x" * 3 * READ_ON)
    add(process_log(app, "web.2"), stamped("two"))

    assert "two" in texts(reader.more())
    add(endless, b"\n", stamped("at last", second=1))

    assert "at last" in texts(reader.more())


def test_files_are_read_from_their_ends(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = process_log(app, "web.1")
    add(log, *(stamped(f"line {n}", second=n) for n in range(50_000)))
    monkeypatch.setattr(log_files, "READ_BACK", 4 * CHUNK)

    few = last_lines(app, most=3, process="web")
    all_there_are = last_lines(app, most=50_000, process="web")

    assert texts(few) == ["line 49997", "line 49998", "line 49999"]
    assert texts(all_there_are)[-1] == "line 49999"
    assert 0 < len(all_there_are) < 4 * CHUNK / len(stamped("line 1"))


@pytest.mark.parametrize("size", [1, 2, 7, 64])
def test_lines_come_whole_wherever_the_file_is_cut_to_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(log_files, "CHUNK", size)
    chance = random.Random(7)  # noqa: S311  # the same each time
    lines = [b"x" * chance.randint(1, 20) + b"%d" % n for n in range(50)]
    path = tmp_path / "log"
    path.write_bytes(b"\n".join(lines) + b"\nnot whole")
    log = LogFile(path, "log.1")
    mark = log.mark()
    assert mark

    assert list(log.before(mark)) == lines[::-1]


def test_requests_name_the_process_that_answered(app: App) -> None:
    process = make_process(app, "web", 2)
    process.port, process.created_at = 20_001, START - timedelta(hours=1)
    process.save()
    add(router_log(app), requested("/then", second=-7_200), requested("/now"))

    then, now = last_lines(app, most=2, process="router")

    assert " dyno=web.2 " in now.text
    # Whoever had the port at that time.
    assert "dyno" not in then.text


def test_nobody_answered_is_an_error() -> None:
    line = router_line(requested("/", status=503, upstream="", release=""), {})

    assert line
    assert line.text.startswith("at=error method=GET")
    assert line.version is None


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ('/" status=200 x="', r'"/\" status=200 x=\""'),
        ("/a\\", r'"/a\\"'),
        ("/\x1b[31m\r\nevil", '"/\ufffd[31m\ufffd\ufffdevil"'),
        ("/\ud800", '"/\ufffd"'),
    ],
)
def test_what_clients_send_stays_in_its_quotes(uri: str, path: str) -> None:
    line = router_line(requested(uri), {})

    assert line
    assert f"path={path} host=" in line.text
    assert line.text.encode()


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"ts": "now"}',
        b'{"ts": 1e999}',
        b'{"ts": null}',
        b"[" * 50_000,
        b"\xff\xfe",
    ],
)
def test_what_is_no_request_is_left_out(written: bytes) -> None:
    assert router_line(written, {}) is None


def test_what_a_request_lacks_is_left_out() -> None:
    line = router_line(b'{"ts": 0, "request": [], "status": "x", "duration": {}}', {})

    assert line
    assert line.text == "at=info bytes=0"


@pytest.mark.parametrize(
    "written",
    [
        b"no stamp",
        b"2026-11-25T19:05:54.560Z",
        b"2026-13-45T19:05:54.560Z v2 no such day",
        b"2026-11-25T19:05:54.560Z v99999999999 text",
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_line_is_left_out(app: App, written: bytes) -> None:
    add(process_log(app, "web.1"), written + b"\n", stamped("text"))

    assert texts(last_lines(app, most=9, process="web")) == ["text"]


def test_what_a_terminal_would_obey_is_shown_harmless(app: App) -> None:
    hostile = "a\tb\x1b[2J\x07\x9b\u2028\u202e ü 漢 👩\u200d👧".encode() + b"\xff"
    add(process_log(app, "web.1"), stamped(hostile))

    [line] = last_lines(app, most=9, process="web")

    assert line.text == ("a\tb\ufffd[2J\ufffd\ufffd\ufffd\ufffd ü 漢 👩\u200d👧\ufffd")


@given(st.binary(max_size=300))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_make_reading_fail(written: bytes) -> None:
    for line in (
        process_line(written, "web.1"),
        process_line(stamped(written)[:-1], "web.1"),
        router_line(written, {}),
    ):
        if line:
            assert len(str(line).splitlines()) == 1
            assert str(line).encode()
