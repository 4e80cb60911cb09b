import pytest

from releases.actors import Actor
from releases.errors import OperationRefused
from releases.models import App, Mark
from releases.operations.hold_deploys import hold_deploys, resume_deploys
from releases.operations.keep_key import keep_key, unkeep_key
from releases.operations.mark_release import mark_release, unmark_release
from tests.factories import acting, make_app, make_user

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@pytest.fixture
def app() -> App:
    return make_app("shop", owner=make_user("ada@example.com"))


def test_a_mark_says_who_when_and_why_also_after_it_is_cleared(app: App) -> None:
    release = app.current_release
    mark_release(
        release=release, kind=Mark.Kind.BAD, reason="slow", actor=acting(app.owner)
    )

    mark = unmark_release(release=release, kind=Mark.Kind.BAD, actor=SYSTEM)

    assert (mark.created_by, mark.reason) == (app.owner, "slow")
    assert mark.cleared_by_id == SYSTEM.user.pk
    assert mark.cleared_at


def test_a_release_can_be_bad_and_pinned_each_once(app: App) -> None:
    release = app.current_release
    mark_release(release=release, kind=Mark.Kind.BAD, reason="slow", actor=SYSTEM)
    mark_release(release=release, kind=Mark.Kind.PIN, actor=SYSTEM)

    with pytest.raises(OperationRefused, match="v1 of shop is marked pin already"):
        mark_release(release=release, kind=Mark.Kind.PIN, actor=SYSTEM)


def test_bad_takes_a_reason(app: App) -> None:
    with pytest.raises(OperationRefused, match="A reason is needed"):
        mark_release(
            release=app.current_release, kind=Mark.Kind.BAD, reason=" ", actor=SYSTEM
        )


def test_what_is_not_marked_cannot_be_unmarked(app: App) -> None:
    with pytest.raises(OperationRefused, match="v1 of shop is not marked bad"):
        unmark_release(release=app.current_release, kind=Mark.Kind.BAD, actor=SYSTEM)


def test_a_hold_has_a_reason_and_a_name_and_stands_once(app: App) -> None:
    ada = acting(app.owner)
    with pytest.raises(OperationRefused, match="A reason is needed"):
        hold_deploys(app=app, reason="", actor=ada)

    held = hold_deploys(app=app, reason="incident", actor=ada)

    assert (held.hold_reason, held.held_by) == ("incident", app.owner)
    with pytest.raises(OperationRefused, match="already, by ada@example"):
        hold_deploys(app=app, reason="again", actor=SYSTEM)


def test_deploys_that_are_not_held_cannot_be_resumed(app: App) -> None:
    with pytest.raises(OperationRefused, match="are not held"):
        resume_deploys(app=app, actor=SYSTEM)


def test_a_key_is_kept_until_it_is_not(app: App) -> None:
    keep_key(app=app, name="B", actor=SYSTEM)
    keep_key(app=app, name="A", actor=SYSTEM)
    with pytest.raises(OperationRefused, match="A is kept already"):
        keep_key(app=app, name="A", actor=SYSTEM)

    unkeep_key(app=app, name="B", actor=SYSTEM)

    assert App.objects.get(pk=app.pk).kept_keys == ["A"]
    with pytest.raises(OperationRefused, match="'B' is not a kept key"):
        unkeep_key(app=app, name="B", actor=SYSTEM)
    with pytest.raises(OperationRefused, match="is no name for a config var"):
        keep_key(app=app, name="NO-NAME", actor=SYSTEM)
