import pytest
from pytest_django import Settings

from releases.actors import Actor
from releases.errors import Conflict
from releases.models import App, Release
from releases.operations.attach_addon import attach_addon
from releases.operations.change_config import change_config
from releases.operations.release_output import append_output
from releases.operations.settle_release import cancel_release, settle_release
from tests.factories import acting, make_app, make_deploy, make_user

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@pytest.fixture
def app(settings: Settings) -> App:
    """v2 runs, v3 is pending: as it is where apps run."""
    app = make_app("shop", owner=make_user("ada@example.com"))
    make_deploy(app)
    settings.RELEASES_SETTLE_AT_ONCE = False
    make_deploy(app)
    return app


def v3(app: App) -> Release:
    return app.releases.get(version=3)


def current(app: App) -> int:
    return App.objects.get(pk=app.pk).current_release.version


def test_a_pending_release_is_not_current(app: App) -> None:
    assert (v3(app).status, v3(app).settled_at) == (Release.Status.PENDING, None)
    assert current(app) == 2


def test_one_that_succeeded_becomes_current(app: App) -> None:
    settle_release(release=v3(app), succeeded=True, actor=SYSTEM)

    assert v3(app).status == Release.Status.SUCCEEDED
    assert current(app) == 3


def test_one_that_failed_never_becomes_current_and_says_why(app: App) -> None:
    settle_release(
        release=v3(app),
        succeeded=False,
        message="No web process came up.",
        actor=SYSTEM,
    )

    assert v3(app).status == Release.Status.FAILED
    assert v3(app).output.get().text == "No web process came up."
    assert current(app) == 2


def test_it_stays_pending_if_what_has_to_be_done_first_cannot_be(app: App) -> None:
    activities = app.activities.count()

    def move_traffic() -> None:
        assert current(app) == 2
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        settle_release(
            release=v3(app), succeeded=True, actor=SYSTEM, first=move_traffic
        )

    assert v3(app).status == Release.Status.PENDING
    assert (current(app), app.activities.count()) == (2, activities)


def test_nothing_is_done_first_for_one_that_was_canceled(app: App) -> None:
    pending = v3(app)
    cancel_release(release=pending, actor=acting(app.owner))
    done: list[str] = []

    with pytest.raises(Conflict):
        settle_release(
            release=pending,
            succeeded=True,
            actor=SYSTEM,
            first=lambda: done.append("moved"),
        )

    assert done == []


def test_what_was_printed_last_is_kept_with_the_release_and_not_in_its_activity(
    app: App,
) -> None:
    append_output(release=v3(app), lines=["migrating"])

    settle_release(
        release=v3(app),
        succeeded=False,
        message="web.1 exited with 1.",
        output=["TOKEN=s3cret is no token"],
        actor=SYSTEM,
    )

    assert [(line.position, line.text) for line in v3(app).output.all()] == [
        (1, "migrating"),
        (2, "TOKEN=s3cret is no token"),
        (3, "web.1 exited with 1."),
    ]
    assert v3(app).activities.latest("sequence").detail == {
        "status": "failed",
        "message": "web.1 exited with 1.",
    }


def test_how_it_went_is_an_activity_of_its_own(app: App) -> None:
    settle_release(release=v3(app), succeeded=False, actor=SYSTEM)

    created, settled = v3(app).activities.order_by("sequence")
    assert created.detail["status"] == "pending"
    assert settled.detail == {"status": "failed", "message": ""}


def test_it_settles_once(app: App) -> None:
    stale = v3(app)
    settle_release(release=v3(app), succeeded=False, actor=SYSTEM)

    with pytest.raises(Conflict, match="v3 of shop is not pending any more"):
        settle_release(release=stale, succeeded=True, actor=SYSTEM)
    with pytest.raises(Conflict, match="not pending"):
        cancel_release(release=stale, actor=SYSTEM)


def test_a_person_may_end_it_by_hand(app: App) -> None:
    cancel_release(release=v3(app), reason="it hangs", actor=acting(app.owner))

    assert v3(app).status == Release.Status.FAILED
    assert v3(app).output.get().text == "Canceled by ada@example.com. it hangs"
    assert make_deploy(app).version == 4


def test_meanwhile_other_releases_are_refused(app: App) -> None:
    with pytest.raises(Conflict, match="v3 of shop is pending; wait until it settles"):
        change_config(app=app, set_vars={"A": "1"}, actor=SYSTEM)
    with pytest.raises(Conflict, match="v3 of shop is pending"):
        attach_addon(app=app, plan="a:b", config_vars={}, actor=SYSTEM)


def test_an_add_on_is_attached_at_once_or_not_at_all(app: App) -> None:
    cancel_release(release=v3(app), actor=SYSTEM)

    release = attach_addon(app=app, plan="a:b", config_vars={}, actor=SYSTEM)

    assert release.status == Release.Status.SUCCEEDED
