"""How long operations take, against the same writes by hand."""

import secrets
from collections.abc import Callable, Sequence
from functools import partial

from releases.actors import Actor
from releases.models import App, Source
from releases.operations.change_config import change_config
from releases.operations.roll_back import roll_back
from releases.plans import plan
from tests.bench.bare import TARGETS, BareTransaction
from tests.bench.fill import LARGE, WIDE, WIDE_CONFIG_VARS, add_apps
from tests.bench.report import Row, against_bare, alike, duration
from tests.bench.timing import WARM_UP, Step, interleave

ROUNDS = 300
# After that many the next small app: none gets much longer than it was.
ROLLBACKS_EACH = 10
TIMES_BARE = 5.0
ALIKE = 0.1


def measure_rollback() -> list[Row]:
    bare, *small = add_apps(1 + 2 * (ROUNDS + WARM_UP) // ROLLBACKS_EACH)
    half = len(small) // 2
    large = App.objects.get(name=LARGE)
    many = f"{large.last_version:,}"
    by_hand, of_few, of_many, planned = interleave(
        BareTransaction(bare).step,
        _rolling_back(small[:half]),
        _rolling_back([large]),
        _rolling_back(small[half:], with_plan=True),
        rounds=ROUNDS,
    )
    return [
        Row(f"bare transaction: {BareTransaction.WORDS}", duration(by_hand)),
        against_bare("rollback, app of 10 releases", of_few, by_hand, TIMES_BARE),
        against_bare(f"rollback, app of {many}", of_many, by_hand, TIMES_BARE),
        alike(
            f"rollback, app of {many}",
            of_many,
            "the same, app of 10 releases",
            of_few,
            ALIKE,
        ),
        against_bare("plan, and rollback by its digest", planned, by_hand),
    ]


def measure_config() -> list[Row]:
    [bare] = add_apps(1)
    app = App.objects.get(name=WIDE)
    actor = Actor(user=app.owner, source=Source.CLI)

    def change(_number: int) -> Callable[[], object]:
        values = {"SETTING_000": secrets.token_urlsafe(24)}
        return partial(change_config, app=app, set_vars=values, actor=actor)

    by_hand, changed = interleave(BareTransaction(bare).step, change, rounds=ROUNDS)
    what = f"change of one config var among {WIDE_CONFIG_VARS}"
    return [against_bare(what, changed, by_hand)]


def _rolling_back(apps: Sequence[App], *, with_plan: bool = False) -> Step:
    def step(number: int) -> Callable[[], object]:
        app = apps[(number + WARM_UP) // ROLLBACKS_EACH % len(apps)]
        go = _plan_and_roll_back if with_plan else roll_back
        actor = Actor(user=app.owner, source=Source.CLI)
        return partial(go, app=app, to=elsewhere(app), actor=actor)

    return step


def elsewhere(app: App) -> int:
    """Return a target that the app did not just go to."""
    latest = app.releases.select_related("restores").latest("version")
    here = latest.restores and latest.restores.version
    return next(version for version in TARGETS if version != here)


def _plan_and_roll_back(*, app: App, to: int, actor: Actor) -> None:
    digest = plan(app=app, to=to, actor=actor).digest
    roll_back(app=app, to=to, actor=actor, plan_digest=digest)
