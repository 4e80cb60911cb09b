"""Which release gave the keys that differ between two releases what they have since."""

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from releases import plans
from releases.actors import Actor
from releases.key_origins import key_origins
from releases.models import App
from releases.operations.change_config import change_config
from releases.operations.roll_back import roll_back
from releases.operations.settle_release import settle_release
from releases.plans import compare
from tests.factories import acting, make_app, make_config, make_deploy

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@pytest.fixture
def app() -> App:
    """COLOR is set in v2, v4 and v5, SIZE is in v2 alone, MODE comes in v4."""
    app = make_app("shop")
    make_config(app, COLOR="red", SIZE="9", SAME="so")
    make_deploy(app)
    make_config(app, "SIZE", COLOR="blue", MODE="fast")
    make_config(app, COLOR="green")
    make_deploy(app)
    return app


def origins(app: App, old: int, new: int) -> dict[str, int]:
    app.refresh_from_db()
    plan = compare(app=app, old=old, new=new, actor=acting(app.owner))
    return {name: release.version for name, release in key_origins(plan).items()}


def test_it_is_the_last_one_on_the_way_that_changed_the_key(app: App) -> None:
    assert origins(app, 2, 6) == {"COLOR": 5, "MODE": 4, "SIZE": 4}
    assert origins(app, 2, 4) == {"COLOR": 4, "MODE": 4, "SIZE": 4}
    assert origins(app, 1, 3) == {"COLOR": 2, "SAME": 2, "SIZE": 2}
    assert origins(app, 5, 6) == origins(app, 3, 3) == {}


def test_the_direction_does_not_matter(app: App) -> None:
    assert origins(app, 6, 2) == origins(app, 2, 6)


def test_a_rollback_changes_keys_too(app: App) -> None:
    roll_back(app=app, to=4, actor=SYSTEM)

    assert origins(app, 6, 7) == {"COLOR": 7}


def test_what_never_went_live_changed_nothing(app: App, settings: Settings) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False
    failed = change_config(app=app, set_vars={"COLOR": "x"}, actor=SYSTEM)
    assert failed is not None
    settle_release(release=failed, succeeded=False, actor=SYSTEM)
    settings.RELEASES_SETTLE_AT_ONCE = True
    make_deploy(app)

    assert origins(app, 4, 8) == {"COLOR": 5}
    # It is compared itself.
    assert origins(app, 6, 7) == {"COLOR": 7}


def test_further_back_than_the_plan_goes_none_is_named(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, "BETWEEN_LIMIT", 3)

    assert origins(app, 2, 6) == {"COLOR": 5}
    assert origins(app, 3, 6) == {"COLOR": 5, "MODE": 4, "SIZE": 4}


def test_one_query_is_enough_for_all_keys(
    app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    app.refresh_from_db()
    plan = compare(app=app, old=2, new=6, actor=acting(app.owner))

    with django_assert_num_queries(1):
        key_origins(plan)
