"""How long pages take over HTTP, against one that costs next to nothing."""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from html import unescape
from http.client import HTTPConnection

from django.urls import reverse

from releases import queries
from releases.actors import Actor
from releases.models import Activity, App, Source, User
from releases.timeline import PAGE, cursor_at
from tests.bench.fill import LARGE, OF_ALL, OF_FEW, OF_MANY, add_apps
from tests.bench.report import Row, against, alike, duration, weighed
from tests.bench.serving import serving
from tests.bench.timing import WARM_UP, Step, interleave
from tests.bench.urls import TRIVIAL
from tests.bench.visitor import Answer, Visitor, fields_of
from tests.bench.writes import ROLLBACKS_EACH, elsewhere
from tests.wordy import HTML_LIMIT, SENT_LIMIT, make_wordy_app

ROUNDS = 200
NOTHING = "the page that says ok"
ROLLBACK_TIMES, PAGE_TIMES = 15.0, 45.0
ROLLBACKS_ALIKE, PAGES_ALIKE = 0.1, 0.15
ASK_TIMEOUT = 60
NOWHERE = "zyzzyva"
Ask = Callable[[], object]


def measure_web() -> list[Row]:
    with serving() as address:
        connection = HTTPConnection(address, timeout=ASK_TIMEOUT)
        return [*_rollbacks(connection), *_pages(connection), *_sizes(connection)]


def _rollbacks(connection: HTTPConnection) -> list[Row]:
    apps = add_apps(2 * (ROUNDS + WARM_UP) // ROLLBACKS_EACH)
    half = len(apps) // 2
    large = _large()
    nothing, of_few, of_many, by_htmx = interleave(
        _trivial(connection),
        _rolling_back(connection, apps[:half]),
        _rolling_back(connection, [large]),
        _rolling_back(connection, apps[half:], by_htmx=True),
        rounds=ROUNDS,
    )
    few, many = "app of 10 releases", f"app of {large.last_version:,}"
    what = "rollback by its form"
    return [
        Row(f"{NOTHING}, signed out, over HTTP", duration(nothing)),
        against(f"{what}, {few}", of_few, NOTHING, nothing, ROLLBACK_TIMES),
        against(f"{what}, {many}", of_many, NOTHING, nothing, ROLLBACK_TIMES),
        alike(f"{what}, {many}", of_many, f"the same, {few}", of_few, ROLLBACKS_ALIKE),
        against(f"{what}, {few}, and its Activity at once", by_htmx, NOTHING, nothing),
    ]


def _pages(connection: HTTPConnection) -> list[Row]:
    pages = {**_of_an_app(connection), **_over_apps(connection)}
    nothing, *times = interleave(
        _trivial(connection),
        *(lambda _, ask=ask: ask for ask in pages.values()),
        rounds=ROUNDS,
    )
    newest, deep, *_ = zip(pages, times, strict=True)
    return [
        *(
            against(what, taken, NOTHING, nothing, PAGE_TIMES)
            for what, taken in zip(pages, times, strict=True)
        ),
        alike(*deep, newest[0], newest[1], PAGES_ALIKE),
    ]


def _of_an_app(connection: HTTPConnection) -> Mapping[str, Ask]:
    app = _large()
    visitor = Visitor(connection, app.owner)
    here = reverse("app_activity", args=[app.name])
    middle = cursor_at(app, app.chain_length // 2)
    rare = Activity.Topic.ACCESS.value
    what = f"Activity of {app}"
    others = {
        "Overview": "app",
        "Config vars": "app_config",
        "Insights": "app_insights",
        "What ran at a moment": "app_at",
        "Access": "app_access",
    }
    return {
        f"{what}, newest {PAGE}": _getting(visitor, here),
        f"{what}, {PAGE} from the middle": _getting(visitor, f"{here}?before={middle}"),
        f"{what}, a kind that is rare": _getting(visitor, f"{here}?kind={rare}"),
        f"{what}, words that are nowhere": _getting(
            visitor, f"{here}?search={NOWHERE}"
        ),
        f"{what}, whether it changed": _asking_for_news(visitor, here),
    } | {
        f"{name} of {app}": _getting(visitor, reverse(view, args=[app.name]))
        for name, view in others.items()
    }


def _over_apps(connection: HTTPConnection) -> Mapping[str, Ask]:
    pages: dict[str, Ask] = {}
    for email in (OF_FEW, OF_MANY, OF_ALL):
        user = User.objects.get(email=email)
        apps = queries.visible_apps(Actor(user=user, source=Source.WEB)).count()
        visitor = Visitor(connection, user)
        pages[f"Activity over {apps:,} apps"] = _getting(visitor, reverse("activity"))
        pages[f"Apps, {apps:,} of them"] = _getting(visitor, reverse("app_list"))
        news = _asking_for_news(visitor, reverse("app_list"))
        pages[f"Apps, whether {apps:,} changed"] = news
    return pages


def _sizes(connection: HTTPConnection) -> list[Row]:
    """Weigh the page of an app whose entries are as long as they get in earnest."""
    app = make_wordy_app(f"wordy-{uuid.uuid4().hex[:12]}")
    visitor = Visitor(connection, app.owner)
    page = _expect(200, visitor.get(reverse("app_activity", args=[app.name])))
    what = f"Activity, {PAGE} long entries"
    return [
        weighed(f"{what}: HTML", len(page.html), HTML_LIMIT),
        weighed(f"{what}: as sent, compressed", len(page.body), SENT_LIMIT),
    ]


def _large() -> App:
    return App.objects.select_related("owner").get(name=LARGE)


def _trivial(connection: HTTPConnection) -> Step:
    get = _getting(Visitor(connection), TRIVIAL)
    return lambda _: get


def _getting(visitor: Visitor, path: str) -> Ask:
    return lambda: _expect(200, visitor.get(path))


def _asking_for_news(visitor: Visitor, path: str) -> Ask:
    """Ask what an open page asks again and again, where nothing came since."""
    page = visitor.get(path).html.decode()
    [asked] = re.findall(r'id="news"[^>]*hx-get="([^"]+)"', page)
    return lambda: _expect(204, visitor.get(unescape(asked), by_htmx=True))


def _rolling_back(
    connection: HTTPConnection, apps: Sequence[App], *, by_htmx: bool = False
) -> Step:
    """Read the plan of a rollback, then press the button: that is what is timed."""
    visitors = {app.owner.pk: Visitor(connection, app.owner) for app in apps}

    def step(number: int) -> Ask:
        app = apps[(number + WARM_UP) // ROLLBACKS_EACH % len(apps)]
        visitor = visitors[app.owner.pk]
        path = reverse("release_rollback", args=[app.name, elsewhere(app)])
        dialog = _expect(200, visitor.get(path))
        fields = fields_of(dialog.html.decode(), "rollback")
        press = partial(visitor.post, path, fields, by_htmx=by_htmx)
        return lambda: _expect(200 if by_htmx else 302, press())

    return step


def _expect(status: int, answer: Answer) -> Answer:
    if answer.status != status:
        raise RuntimeError(f"A page answered {answer.status}, not {status}.")
    return answer
