"""Where requests go, while apps are deployed, scaled, renamed, made and destroyed."""

import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from runtime.driver import NotReady
from runtime.local.router import Router
from tests.machine.processes import wait_until
from tests.ports import free_port
from tests.runtime.routers import PATIENCE, App, RunningCaddy, running_caddy
from tests.runtime.upstreams import upstream

pytestmark = pytest.mark.machine


def states(caddy: RunningCaddy) -> dict[str, str]:
    """Return which folder each app's link names: another one once that was written."""
    apps = caddy.plan.cwd / "apps"
    return {app.name: str((app / "now").readlink()) for app in apps.iterdir()}


def configured(caddy: RunningCaddy) -> int:
    """Return a number that is another one once the configuration was written."""
    return (caddy.plan.cwd / "caddy.json").stat().st_ino


@contextmanager
def unanswered(
    caddy: RunningCaddy, app: App, *, method: str = "GET", body: str = ""
) -> Iterator[Callable[[], str]]:
    """Send a request that gets no answer for now; what is given waits for it."""
    caddy.settle()
    with socket.create_connection(("127.0.0.1", caddy.port), 0.3) as connection:
        head = f"{method} / HTTP/1.1\r\nHost: {app.host}\r\nConnection: close\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(PATIENCE)
        with connection.makefile("rb") as file:
            yield lambda: file.read().decode().rpartition("\r\n\r\n")[2]


def test_requests_go_to_the_app_that_is_named(caddy: RunningCaddy) -> None:
    one, other = App(), App()

    with upstream("one") as first, upstream("other") as second:
        Router().route([one.route((first.port, 3)), other.route((second.port, 7))])
        answers = [caddy.ask(one.host), caddy.ask(other.host.upper())]

    assert [(answer.status, answer.body) for answer in answers] == [
        (200, "one"),
        (200, "other"),
    ]


def test_a_deploy_moves_all_requests_without_another_configuration(
    caddy: RunningCaddy,
) -> None:
    app, router = App(), Router()

    with upstream("v1") as old, upstream("v2") as new:
        router.route([app.route((old.port, 1))])
        before = configured(caddy)
        first = caddy.ask(app.host).body
        router.route([app.route((new.port, 2))])
        then = {caddy.ask(app.host).body for _ in range(10)}

    assert (first, then) == ("v1", {"v2"})
    assert configured(caddy) == before


def test_what_is_so_already_is_not_written_again(caddy: RunningCaddy) -> None:
    one, other = App(), App()
    routes = [one.route((20_001, 1)), other.route(explanation="Nothing yet.")]
    router = Router()
    router.route(routes)
    before = states(caddy)

    router.route(routes)
    # One that has just been started knows no more than what is on the disk.
    Router().route(routes)
    assert states(caddy) == before

    router.route([one.route((20_002, 2)), routes[1]])
    after = states(caddy)
    assert after[str(one.id)] != before[str(one.id)]
    assert after[str(other.id)] == before[str(other.id)]


def test_every_process_gets_requests(caddy: RunningCaddy) -> None:
    app = App()

    with upstream("a") as a, upstream("b") as b, upstream("c") as c:
        Router().route([app.route(*((each.port, 1) for each in (a, b, c)))])
        answers = Counter(caddy.ask(app.host).body for _ in range(24))

    # Eight places for three: they differ by one in eight.
    assert answers == {"a": 9, "b": 9, "c": 6}


def test_scaling_needs_another_configuration_only_beyond_what_there_is_room_for(
    caddy: RunningCaddy,
) -> None:
    app, router = App(), Router()
    with upstream("a") as a, upstream("b") as b:
        router.route([app.route((a.port, 1))])
        small = configured(caddy)
        router.route([app.route(*[(a.port, 1)] * 8)])
        assert configured(caddy) == small

        router.route([app.route(*[(a.port, 1)] * 8, (b.port, 1))])
        large = configured(caddy)
        answers = {caddy.ask(app.host).body for _ in range(16)}
        router.route([app.route((a.port, 1))])

    assert large != small
    assert answers == {"a", "b"}
    assert configured(caddy) == large


def test_a_renamed_app_is_found_by_its_new_name_only(caddy: RunningCaddy) -> None:
    app, router = App(), Router()

    with upstream("here") as server:
        router.route([app.route((server.port, 1))])
        router.route([app.route((server.port, 1), hosts=["renamed.localhost"])])
        old, new = caddy.ask(app.host), caddy.ask("renamed.localhost")

    assert (old.status, new.status) == (404, 200)


def test_nothing_is_left_of_where_requests_to_a_destroyed_app_went(
    caddy: RunningCaddy,
) -> None:
    app, other, router = App(), App(), Router()
    router.route([app.route((20_001, 1)), other.route((20_002, 1))])

    router.route([other.route((20_002, 1))])

    assert states(caddy).keys() == {str(other.id)}
    assert caddy.ask(app.host).status == 404


def test_a_request_waits_for_a_process_that_starts_again(caddy: RunningCaddy) -> None:
    app, port = App(), free_port()
    Router().route([app.route((port, 1))])

    with (
        unanswered(caddy, app) as get,
        unanswered(caddy, app, method="POST", body="all of it") as post,
        upstream("back", port),
    ):
        answers = [get(), post()]

    assert answers == ["back", "back got 9"]


def test_a_request_that_waits_goes_where_the_app_is_by_then(
    caddy: RunningCaddy,
) -> None:
    app, router = App(), Router()
    router.route([app.route((free_port(), 1))])

    with unanswered(caddy, app) as get, upstream("elsewhere") as server:
        router.route([app.route((server.port, 2))])

        assert get() == "elsewhere"


def test_it_is_known_how_many_requests_a_process_is_answering(
    caddy: RunningCaddy,
) -> None:
    app, router = App(), Router()
    with (
        ThreadPoolExecutor() as visitors,
        upstream("old") as old,
        upstream("new") as new,
    ):
        router.route([app.route((old.port, 1))])
        held = [visitors.submit(caddy.ask, app.host, "/hold") for _ in range(3)]
        held += [visitors.submit(caddy.ask, app.host, "/stream")]
        wait_until(lambda: router.requests_to(old.port) == 4)

        router.route([app.route((new.port, 2))])
        caddy.ask(app.host)

        # A change of the configuration forgets none of them.
        router.route([app.route((new.port, 2)), App().route()])
        assert (router.requests_to(old.port), router.requests_to(new.port)) == (4, 0)

        old.may_go_on.set()
        answers = [each.result().body for each in held]
        wait_until(lambda: router.requests_to(old.port) == 0)

    assert answers == ["old"] * 3 + ["data: old begins\ndata: old ends\n"]


def test_traffic_can_move_but_no_app_be_added_while_caddy_is_away(
    router_home: Path,
) -> None:
    app, added, router = App(), App(), Router()
    with upstream("v1") as old, upstream("v2") as new, running_caddy() as own:
        router.route([app.route((old.port, 1))])
        own.kill()

        router.route([app.route((new.port, 2))])
        routes = [app.route((new.port, 2)), added.route((old.port, 1))]
        with pytest.raises(NotReady, match="does not answer"):
            router.route(routes)
        with pytest.raises(NotReady):
            router.requests_to(new.port)

        # What it is started with by then has both.
        own.start()
        answers = [own.ask(app.host).body, own.ask(added.host).body]
        router.route(routes)

    assert answers == ["v2", "v1"]


def test_it_says_so_if_traffic_cannot_be_moved(
    settings: Settings, tmp_path: Path
) -> None:
    settings.ROUTER_FOLDER = tmp_path / "nowhere"

    with pytest.raises(NotReady, match=r"Traffic cannot be moved: .*nowhere"):
        Router().route([App().route()])


def test_it_runs_wherever_the_home_is(router_home: Path, settings: Settings) -> None:
    odd = router_home.parent / "{http.request.host} 'quotes\" ünïcode"
    place = odd / ("a long way down" * 8)
    settings.ROUTER_FOLDER = place / "router"
    settings.ROUTER_FOLDER.mkdir(parents=True)
    for folder in (odd, place, settings.ROUTER_FOLDER):
        folder.chmod(0o711)
    app = App()

    with upstream("here") as server, running_caddy() as own:
        router = Router()
        router.route([app.route((server.port, 1))])
        own.ask(app.host)
        answer = own.ask(app.host, "/error")
        wait_until(lambda: router.traffic(app.id, 1).requests == 2)

    assert answer.status == 500


def test_many_apps_are_one_change_and_then_cost_nothing(caddy: RunningCaddy) -> None:
    apps = [App() for _ in range(200)]
    router = Router()

    with upstream("last") as server:
        routes = [app.route((20_001, 1)) for app in apps[:-1]]
        router.route([*routes, apps[-1].route((server.port, 1))])
        answer = caddy.ask(apps[-1].host)
        before = states(caddy)
        router.route([*routes, apps[-1].route((server.port, 2))])
        after = states(caddy)
    router.route([])

    assert answer.body == "last"
    assert {app for app in after if after[app] != before[app]} == {str(apps[-1].id)}


@pytest.mark.skipif(sys.platform != "linux", reason="asks as another user, as root")
def test_nobody_else_can_read_what_the_router_has(caddy: RunningCaddy) -> None:
    if caddy.plan.user is None:
        pytest.skip("only root can ask as somebody else")
    app = App()
    Router().route([app.route(explanation="Nothing yet.")])
    caddy.ask(app.host)

    folder = caddy.plan.cwd
    wanted = [
        "caddy.json",
        "run/admin.sock",
        "log/caddy.log",
        f"apps/{app.id}/now/release",
    ]
    refused = [
        subprocess.run(["test", "-r", folder / name], user=65_534, check=False)  # noqa: S607
        for name in [*wanted, "."]
    ]

    assert [each.returncode for each in refused] == [1] * 5
