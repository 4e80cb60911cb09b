"""What is kept of the requests to an app, and what is made of it."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from socket import create_connection

import pytest
from pytest_django.fixtures import Settings

from runtime.driver import Traffic
from runtime.local import access_log, caddy_routes
from runtime.local.access_log import AccessLog, Ran
from runtime.local.router import Router
from tests.machine.processes import wait_until
from tests.ports import free_port
from tests.runtime.routers import App, RunningCaddy, log_lines
from tests.runtime.upstreams import Upstream, upstream

pytestmark = pytest.mark.machine


@pytest.fixture
def server() -> Iterator[Upstream]:
    with upstream("here") as running:
        yield running


def test_a_request_is_written_down_without_its_secrets(
    caddy: RunningCaddy, server: Upstream
) -> None:
    app = App()
    Router().route([app.route((server.port, 12))])
    secret = {"Authorization": "Bearer s3cret", "Cookie": "session=s3cret"}

    answer = caddy.ask(app.host, "/path?token=s3cret&page=2", headers=secret)
    [line] = log_lines(app, 1)

    assert "s3cret" not in json.dumps(line)
    request = line.pop("request")
    assert isinstance(request, dict)
    assert (request["method"], request["host"], request["uri"]) == (
        "GET",
        app.host,
        "/path",
    )
    assert request["client_ip"] == "127.0.0.1"
    assert line["app"] == str(app.id)
    assert line["release"] == "12"
    assert line["upstream"] == f"127.0.0.1:{server.port}"
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert (line["status"], line["size"]) == (200, len(answer.body))
    assert isinstance(line["duration"], float)


def test_requests_and_failures_are_counted_for_each_release(
    caddy: RunningCaddy, server: Upstream
) -> None:
    app, router = App(), Router()
    router.route([app.route((server.port, 1))])
    paths = ["/", "/error", "/error", "/missing"]
    for path in paths:
        caddy.ask(app.host, path)
    wait_until(lambda: router.traffic(app.id, 1).requests == 4)

    with upstream("two") as other:
        router.route([app.route((other.port, 2))])
        caddy.ask(app.host)
    wait_until(lambda: router.traffic(app.id, 2).requests == 1)

    assert router.traffic(app.id, 1) == Traffic(requests=4, failed=2)
    assert router.traffic(app.id, 2) == Traffic(requests=1, failed=0)
    assert router.traffic(app.id, 3) == Traffic()
    assert router.traffic(App().id, 1) == Traffic()


def test_a_release_without_any_answer_fails_and_a_page_is_no_failure_of_it(
    caddy: RunningCaddy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caddy_routes, "TRY_FOR", "200ms")
    app, router = App(), Router()
    port = free_port()
    router.route([app.route((port, 4), in_maintenance=True)])
    caddy.ask(app.host)
    router.route([app.route((port, 4))])
    caddy.ask(app.host)

    wait_until(lambda: router.traffic(app.id, 4).requests)

    assert router.traffic(app.id, 4) == Traffic(requests=1, failed=1)


def test_a_process_taken_up_again_answers_for_its_new_release(
    caddy: RunningCaddy, server: Upstream
) -> None:
    app, router = App(), Router()
    router.route([app.route((server.port, 1))])
    caddy.ask(app.host, "/error")
    log_lines(app, 1)

    router.route([app.route((server.port, 3))])
    caddy.ask(app.host)
    log_lines(app, 2)

    assert router.traffic(app.id, 1) == Traffic(requests=1, failed=1)
    assert router.traffic(app.id, 3) == Traffic(requests=1, failed=0)


def test_an_answer_counts_for_the_release_that_gave_it(
    caddy: RunningCaddy, server: Upstream
) -> None:
    app, router = App(), Router()
    router.route([app.route((server.port, 1))])
    connection = caddy.connection()
    connection.request("GET", "/hold", headers={"Host": app.host})
    wait_until(lambda: router.requests_to(server.port) == 1)

    router.route([app.route((free_port(), 2))])
    server.may_go_on.set()
    connection.getresponse().read()
    connection.close()

    wait_until(lambda: router.traffic(app.id, 1).requests == 1)


def counted(router: Router, app: App, number: int) -> Callable[[], bool]:
    return lambda: router.traffic(app.id, 1).requests == number


def test_the_log_is_moved_aside_when_it_is_full_and_no_request_goes_uncounted(
    caddy: RunningCaddy, server: Upstream, settings: Settings
) -> None:
    settings.LOG_MEGABYTES = 2
    app, router = App(), Router()
    router.route([app.route((server.port, 1))])
    with closing(caddy.connection()) as connection:
        for asked in (10, 160, 310):
            # A few kilobytes each: between two looks a file is full, and moved aside.
            for _ in range(min(asked, 150)):
                connection.request("GET", "/" + "x" * 8_000, headers={"Host": app.host})
                connection.getresponse().read()
            wait_until(counted(router, app, asked))

    files = [*(caddy.plan.cwd / "log").glob(f"{app.id}*")]
    assert len(files) == 2
    assert sum(file.stat().st_size for file in files) <= 2 * 2**20


def line(port: int, release: str, *, status: int = 200, ago: float = 0.0) -> str:
    entry = {
        "ts": time.time() - ago,
        "duration": 0.001,
        "status": status,
        "upstream": f"127.0.0.1:{port}",
        "release": release,
    }
    return json.dumps(entry) + "\n"


def test_only_the_newest_of_a_long_log_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_log, "MOST", 1_000)
    path = tmp_path / "app.json"
    path.write_text(line(20_001, "1") * 1_000)

    requests = AccessLog(path, {}).traffic(1, seconds=600).requests

    assert requests == (1_000 - 1) // len(line(20_001, "1"))


def test_what_is_half_written_is_read_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "app.json"
    text = line(20_001, "1")
    log = AccessLog(path, {})
    with path.open("w") as file:
        file.write(text + text[:20])
        file.flush()
        first = log.traffic(1, seconds=600).requests
        file.write(text[20:])

    assert (first, log.traffic(1, seconds=600).requests) == (1, 2)


@pytest.mark.parametrize(
    "sent", ["Content-Length: 1000000", "Transfer-Encoding: chunked"]
)
@pytest.mark.parametrize("body", [b"", b"5\r\nhello\r\n"], ids=["nothing", "a part"])
def test_a_visitor_who_leaves_while_sending_is_no_failure_of_the_app(
    caddy: RunningCaddy, server: Upstream, sent: str, body: bytes
) -> None:
    app, router = App(), Router()
    router.route([app.route((server.port, 1))])
    caddy.settle()
    head = f"POST / HTTP/1.1\r\nHost: {app.host}\r\n{sent}\r\n\r\n".encode()

    # As chance has it, Caddy sees first that they left, or that no more comes.
    for _ in range(5):
        with create_connection(("127.0.0.1", caddy.port)) as visitor:
            visitor.sendall(head + body)
    log_lines(app, 5)

    assert router.traffic(app.id, 1).failed == 0


def test_an_app_that_hangs_up_on_who_sent_all_of_it_fails(
    caddy: RunningCaddy, server: Upstream
) -> None:
    app, router = App(), Router()
    router.route([app.route((server.port, 1))])

    answer = caddy.ask(app.host, "/hang-up", method="POST", body=b"hello")
    wait_until(lambda: router.traffic(app.id, 1).requests)

    assert answer.status == 502
    assert router.traffic(app.id, 1) == Traffic(requests=1, failed=1)


def test_what_is_no_line_of_the_log_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "app.json"
    path.write_text("\0\0\0\n" + line(20_001, "") + line(20_001, "1"))

    assert AccessLog(path, {}).traffic(1, seconds=600).requests == 1


def test_old_requests_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "app.json"
    path.write_text(line(20_001, "1", ago=3_600, status=500) + line(20_001, "1"))

    assert AccessLog(path, {}).traffic(1, seconds=600) == Traffic(1, 0)


def test_a_port_says_more_than_the_release_only_since_it_is_known(
    tmp_path: Path,
) -> None:
    path = tmp_path / "app.json"
    path.write_text(line(20_001, "1", ago=30) + line(20_001, "1"))
    log = AccessLog(path, {20_001: Ran(3, time.time() - 10)})

    assert [log.traffic(each, seconds=600).requests for each in (1, 3)] == [1, 1]
