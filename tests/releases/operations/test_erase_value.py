from datetime import timedelta

import pytest
from django.utils import timezone

from releases.errors import Conflict, NotFound, OperationRefused
from releases.models import App, ConfigVar, Process
from releases.operations.erase_value import erase_value
from releases.operations.reveal_config import reveal_config
from releases.operations.roll_back import roll_back
from releases.restoring import Scope
from tests.factories import (
    acting,
    make_app,
    make_config,
    make_deploy,
    make_process,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def app() -> App:
    app = make_app("shop")
    make_config(app, TOKEN="leaked", COLOR="red")
    make_config(app, TOKEN="new")
    make_config(app, TOKEN="leaked")
    make_config(app, TOKEN="newest")
    return app


def test_every_row_with_that_value_loses_it_and_no_other(app: App) -> None:
    erased = erase_value(
        release=app.releases.get(version=2), name="TOKEN", actor=acting(app.owner)
    )

    assert erased == 2
    assert ConfigVar.objects.filter(ciphertext=None).count() == 2
    assert reveal_config(app=app, actor=acting(app.owner))["TOKEN"] == "newest"


def test_a_release_that_needs_it_cannot_be_restored_with_its_config(app: App) -> None:
    erase_value(
        release=app.releases.get(version=2), name="TOKEN", actor=acting(app.owner)
    )

    with pytest.raises(OperationRefused, match="value that was erased: TOKEN"):
        roll_back(app=app, to=4, actor=acting(app.owner))
    roll_back(app=app, to=3, actor=acting(app.owner))


def test_that_its_code_can_still_be_restored_is_said(app: App) -> None:
    make_deploy(app)
    make_config(app, TOKEN="leaked")
    make_deploy(app)
    make_config(app, TOKEN="last")
    erase_value(
        release=app.releases.get(version=7), name="TOKEN", actor=acting(app.owner)
    )

    with pytest.raises(OperationRefused, match="ask for the scope code"):
        roll_back(app=app, to=7, actor=acting(app.owner))
    roll_back(app=app, to=7, scope=Scope.CODE, actor=acting(app.owner))


def test_it_cannot_be_revealed_any_more(app: App) -> None:
    release = app.releases.get(version=2)
    erase_value(release=release, name="TOKEN", actor=acting(app.owner))

    with pytest.raises(OperationRefused, match="was erased"):
        reveal_config(app=app, release=release, actor=acting(app.owner))


def test_a_current_value_is_not_erased(app: App) -> None:
    with pytest.raises(Conflict, match="COLOR has this value in v5, which is current"):
        erase_value(
            release=app.releases.get(version=2), name="COLOR", actor=acting(app.owner)
        )


def test_what_waits_idle_with_it_is_let_go_and_nothing_else(app: App) -> None:
    with_it, without = (
        make_process(
            app,
            "web",
            number,
            release=app.releases.get(version=version),
            state=Process.State.IDLE,
            idle_until=timezone.now() + timedelta(minutes=30),
        )
        for number, version in ((1, 4), (2, 3))
    )

    erase_value(
        release=app.releases.get(version=2), name="TOKEN", actor=acting(app.owner)
    )

    waiting = app.processes.filter(idle_until__gt=timezone.now())
    assert [*waiting] == [without]
    assert with_it in app.processes.all()


def test_what_is_not_there_or_gone_already_is_refused(app: App) -> None:
    release = app.releases.get(version=2)
    erase_value(release=release, name="TOKEN", actor=acting(app.owner))

    with pytest.raises(Conflict, match="erased already"):
        erase_value(release=release, name="TOKEN", actor=acting(app.owner))
    with pytest.raises(NotFound, match="no config var 'NOPE'"):
        erase_value(release=release, name="NOPE", actor=acting(app.owner))
