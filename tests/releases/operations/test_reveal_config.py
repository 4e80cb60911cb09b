from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from releases.errors import NotFound
from releases.models import Activity, App
from releases.operations.reveal_config import reveal_config
from tests.factories import acting, make_app, make_config

pytestmark = pytest.mark.django_db


@pytest.fixture
def app() -> App:
    app = make_app("shop")
    make_config(app, TOKEN="one", COLOR="red")
    make_config(app, TOKEN="two")
    return app


def reveals(app: App) -> int:
    return app.activities.filter(kind=Activity.Kind.VALUES_REVEALED).count()


def test_it_shows_the_current_values_and_records_who_saw_which(app: App) -> None:
    values = reveal_config(app=app, names=["TOKEN"], actor=acting(app.owner))

    assert values == {"TOKEN": "two"}
    activity = app.activities.order_by("-sequence")[0]
    assert activity.kind == Activity.Kind.VALUES_REVEALED
    assert (activity.actor, activity.detail) == (app.owner, {"keys": ["TOKEN"]})


def test_it_shows_the_values_of_an_older_release(app: App) -> None:
    values = reveal_config(
        app=app, release=app.releases.get(version=2), actor=acting(app.owner)
    )

    assert values == {"COLOR": "red", "TOKEN": "one"}


def test_a_key_that_is_not_there_is_refused_and_nothing_is_recorded(app: App) -> None:
    with pytest.raises(NotFound, match="no config var 'NOPE'"):
        reveal_config(app=app, names=["TOKEN", "NOPE"], actor=acting(app.owner))

    assert reveals(app) == 0


def test_the_release_of_another_app_does_not_exist_here(app: App) -> None:
    other = make_app()

    with pytest.raises(NotFound):
        reveal_config(app=app, release=other.current_release, actor=acting(app.owner))


def test_every_reveal_by_a_person_is_recorded(app: App) -> None:
    reveal_config(app=app, actor=acting(app.owner))
    reveal_config(app=app, actor=acting(app.owner))

    assert reveals(app) == 2


def test_repeated_reading_by_a_token_within_the_hour_is_one_activity(app: App) -> None:
    ci = acting(app.owner, token_name="ci")

    reveal_config(app=app, actor=ci)
    reveal_config(app=app, actor=ci)
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        reveal_config(app=app, actor=ci)

    assert reveals(app) == 2


def test_reading_nothing_is_no_activity() -> None:
    empty = make_app()

    assert reveal_config(app=empty, actor=acting(empty.owner)) == {}
    assert reveals(empty) == 0
