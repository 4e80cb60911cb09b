"""How long calls of the API take over HTTP, against a page that costs next to nothing."""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from uuid import UUID

from releases.actors import Actor
from releases.models import App
from releases.operations.tokens import create_token, revoke_token
from tests.bench.fill import LARGE, SMALL, add_apps
from tests.bench.report import Row, against, alike
from tests.bench.serving import serving
from tests.bench.timing import WARM_UP, Step, interleave
from tests.bench.urls import TRIVIAL
from tests.bench.writes import ROLLBACKS_EACH, elsewhere

ROUNDS = 200
LISTED = 60
NOTHING = "the page that says ok"
ROLLBACK_TIMES, LIST_TIMES, CONFIG_TIMES = 20.0, 12.0, 25.0
ALIKE = 0.15
PAGE = "version ..; max=50, order=desc"
ASK_TIMEOUT = 60
Ask = Callable[[], object]


class Program:
    """A program with its user's token, on a connection that others share."""

    def __init__(self, connection: HTTPConnection, secret: str) -> None:
        self._connection = connection
        self._headers = {
            "Accept": "application/vnd.heroku+json; version=3",
            "Authorization": f"Bearer {secret}",
            "Content-Type": "application/json",
        }

    def ask(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> Mapping[str, object]:
        text = None if body is None else json.dumps(body)
        self._connection.request(method, path, text, {**self._headers, **headers})
        response = self._connection.getresponse()
        answer = response.read()
        if response.status not in {200, 201, 206}:
            raise RuntimeError(f"{method} {path} answered {response.status}.")
        found: Mapping[str, object] = json.loads(answer)
        return found


def measure_api() -> list[Row]:
    apps = add_apps(2 * (ROUNDS + WARM_UP) // ROLLBACKS_EACH, releases=SMALL)
    half = len(apps) // 2
    # It has to fill the page as the large one does.
    [listed] = add_apps(1, releases=LISTED)
    large = App.objects.select_related("owner").get(name=LARGE)
    many = f"app of {large.last_version:,}"
    with serving() as address, _secrets_for([*apps, listed, large]) as secret_for:
        connection = HTTPConnection(address, timeout=ASK_TIMEOUT)
        programs = {app: Program(connection, text) for app, text in secret_for.items()}
        nothing, *times = interleave(
            _trivial(connection),
            _rolling_back(programs, apps[:half]),
            _rolling_back(programs, [large]),
            _listing(programs, [listed]),
            _listing(programs, [large]),
            _changing(programs, apps[half:]),
            _changing(programs, [large]),
            rounds=ROUNDS,
        )
    rows = []
    for what, size, most, of_few, of_many in zip(
        ("rollback", "list of 50 releases", "change of one config var"),
        (SMALL, LISTED, SMALL),
        (ROLLBACK_TIMES, LIST_TIMES, CONFIG_TIMES),
        times[::2],
        times[1::2],
        strict=True,
    ):
        what, few = f"API: {what}", f"app of {size} releases"  # noqa: PLW2901
        rows += [
            against(f"{what}, {few}", of_few, NOTHING, nothing, most),
            against(f"{what}, {many}", of_many, NOTHING, nothing, most),
            alike(f"{what}, {many}", of_many, f"the same, {few}", of_few, ALIKE),
        ]
    return rows


@contextmanager
def _secrets_for(apps: Sequence[App]) -> Iterator[Mapping[UUID, str]]:
    """Give the secret of a token for each app, its owner's; worth nothing afterwards."""
    actor = Actor.system()
    owners = {app.owner_id: app.owner for app in apps}
    made = {
        pk: create_token(user=owner, name="bench", actor=actor)
        for pk, owner in owners.items()
    }
    try:
        yield {app.pk: made[app.owner_id].secret for app in apps}
    finally:
        for each in made.values():
            revoke_token(token=each.token, actor=actor)


def _trivial(connection: HTTPConnection) -> Step:
    def get() -> None:
        connection.request("GET", TRIVIAL)
        connection.getresponse().read()

    return lambda _: get


def _rolling_back(programs: Mapping[UUID, Program], apps: Sequence[App]) -> Step:
    def step(number: int) -> Ask:
        app = _taking_turns(apps, number)
        body = {"release": f"v{elsewhere(app)}"}
        path = f"/apps/{app}/releases"
        return partial(programs[app.pk].ask, "POST", path, body)

    return step


def _listing(programs: Mapping[UUID, Program], apps: Sequence[App]) -> Step:
    def step(number: int) -> Ask:
        app = _taking_turns(apps, number)
        ask = programs[app.pk].ask
        return partial(ask, "GET", f"/apps/{app}/releases", Range=PAGE)

    return step


def _changing(programs: Mapping[UUID, Program], apps: Sequence[App]) -> Step:
    def step(number: int) -> Ask:
        app = _taking_turns(apps, number)
        body = {"SETTING_000": secrets.token_urlsafe(24)}
        return partial(programs[app.pk].ask, "PATCH", f"/apps/{app}/config-vars", body)

    return step


def _taking_turns(apps: Sequence[App], number: int) -> App:
    return apps[(number + WARM_UP) // ROLLBACKS_EACH % len(apps)]
