"""The default target of a rollback, and `eligible_for_rollback`."""

import pytest
from pytest_django import Settings

from releases.actors import Actor
from releases.models import App, Mark, Release
from releases.operations.keep_key import keep_key
from releases.operations.mark_release import mark_release
from releases.operations.roll_back import roll_back
from releases.operations.settle_release import settle_release
from releases.queries import eligible_releases, release_history
from releases.way_back import default_target
from tests.factories import make_app, make_config, make_deploy

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@pytest.fixture
def app() -> App:
    """v2, v3 and v4 each deploy other code."""
    app = make_app("shop")
    for _ in range(3):
        make_deploy(app)
    return app


def target(app: App) -> int | None:
    app.refresh_from_db()
    found = default_target(app)
    return found.version if found else None


def eligible(app: App) -> list[int]:
    app.refresh_from_db()
    found = eligible_releases(app, list(release_history(app)))
    return sorted(release.version for release in found)


def mark_bad(app: App, version: int) -> None:
    mark_release(
        release=app.releases.get(version=version),
        kind=Mark.Kind.BAD,
        reason="slow",
        actor=SYSTEM,
    )


def test_it_is_the_release_before(app: App) -> None:
    assert target(app) == 3


def test_a_new_app_has_none() -> None:
    assert target(make_app()) is None


def test_the_first_code_has_none(app: App) -> None:
    first = make_app()
    make_deploy(first)

    # v1 has no code, so going there would stop what runs.
    assert target(first) is None


def test_rolling_back_again_does_not_go_to_what_was_just_left(app: App) -> None:
    roll_back(app=app, to=3, actor=SYSTEM)

    assert target(app) == 2


def test_going_forward_undoes_the_rollback(app: App) -> None:
    roll_back(app=app, to=2, actor=SYSTEM)
    roll_back(app=app, to=4, actor=SYSTEM)

    # v5, the rollback, is undone itself; v3 came before v4 and was good.
    assert target(app) == 3


def test_a_bad_deploy_after_a_rollback_goes_back_to_the_rollback(app: App) -> None:
    roll_back(app=app, to=2, actor=SYSTEM)
    make_deploy(app)

    assert target(app) == 5


def test_what_an_older_rollback_undid_stays_undone(app: App) -> None:
    make_config(app, COLOR="red")
    roll_back(app=app, to=2, scope=Release.Scope.CODE, actor=SYSTEM)
    make_deploy(app)
    mark_bad(app, 6)

    assert target(app) == 2


def test_what_is_marked_bad_is_passed_over(app: App) -> None:
    mark_bad(app, 3)

    assert target(app) == 2


def test_what_ran_the_same_as_one_marked_bad_is_passed_over(app: App) -> None:
    roll_back(app=app, to=3, actor=SYSTEM)
    make_deploy(app)
    mark_bad(app, 5)

    # v5 undid v4, and is v3 once more.
    assert target(app) == 2


def test_the_same_code_with_other_config_is_not_bad(app: App) -> None:
    make_config(app, COLOR="red")
    make_config(app, COLOR="blue")
    mark_bad(app, 5)

    assert target(app) == 4


def test_what_failed_is_passed_over(app: App, settings: Settings) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False
    failed = make_deploy(app)
    settle_release(release=failed, succeeded=False, actor=SYSTEM)
    works = make_deploy(app)
    settle_release(release=works, succeeded=True, actor=SYSTEM)

    assert target(app) == 4


def test_what_would_change_nothing_is_passed_over(app: App) -> None:
    keep_key(app=app, name="COLOR", actor=SYSTEM)
    make_config(app, COLOR="red")
    make_config(app, COLOR="blue")

    # v4 to v6 differ in a kept key alone.
    assert target(app) == 3


def test_many_config_changes_between_two_deploys_do_not_hide_the_first(
    app: App,
) -> None:
    for number in range(30):
        make_config(app, COLOR=str(number))
    for version in range(4, 34):
        mark_bad(app, version)

    assert target(app) == 3


def test_the_current_one_and_all_that_can_be_restored_are_eligible(app: App) -> None:
    mark_bad(app, 2)

    # v1 has no code, v2 is bad, v4 is current.
    assert eligible(app) == [3, 4]


def test_after_a_rollback_neither_twin_is_eligible_but_the_current(app: App) -> None:
    roll_back(app=app, to=3, actor=SYSTEM)

    assert eligible(app) == [2, 4, 5]


def test_failed_and_pending_ones_are_not_eligible(app: App, settings: Settings) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False
    failed = make_deploy(app)
    settle_release(release=failed, succeeded=False, actor=SYSTEM)
    make_deploy(app)

    assert app.releases.filter(status=Release.Status.PENDING).exists()
    assert eligible(app) == [2, 3, 4]
