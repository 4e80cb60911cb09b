import pytest

from releases.errors import Conflict, NotFound, OperationRefused
from releases.models import AddOn, App, Release
from releases.operations.attach_addon import attach_addon, detach_addon
from releases.operations.change_config import change_config
from releases.operations.reveal_config import reveal_config
from releases.operations.roll_back import roll_back
from tests.factories import acting, make_app, make_config

pytestmark = pytest.mark.django_db


@pytest.fixture
def app() -> App:
    return make_app("shop")


def attach(app: App, url: str = "postgres://one", name: str = "db") -> Release:
    return attach_addon(
        app=app,
        plan="postgresql:standard-0",
        name=name,
        config_vars={"DATABASE_URL": url},
        actor=acting(app.owner),
    )


def test_attaching_makes_a_release_with_its_config_vars_and_plan(app: App) -> None:
    release = attach(app)

    assert (release.version, release.kind) == (2, Release.Kind.ADDON)
    assert release.addon_plan_names == ["postgresql:standard-0"]
    assert reveal_config(app=app, actor=acting(app.owner)) == {
        "DATABASE_URL": "postgres://one"
    }


def test_its_config_vars_change_with_it_alone(app: App) -> None:
    attach(app)

    with pytest.raises(OperationRefused, match="DATABASE_URL of shop belongs to"):
        change_config(app=app, unset=["DATABASE_URL"], actor=acting(app.owner))


def test_it_takes_over_no_key_that_is_set(app: App) -> None:
    make_config(app, DATABASE_URL="mine")

    with pytest.raises(Conflict, match="DATABASE_URL of shop is set already"):
        attach(app)

    assert not AddOn.objects.exists()
    assert app.releases.count() == 2


def test_detaching_takes_its_config_vars_along_and_keeps_the_row(app: App) -> None:
    attach(app)

    release = detach_addon(app=app, name="db", actor=acting(app.owner))

    assert release.addon_plan_names == []
    assert reveal_config(app=app, actor=acting(app.owner)) == {}
    assert AddOn.objects.get().detached_by == app.owner


def test_a_rollback_keeps_an_attached_one_at_its_current_value(app: App) -> None:
    make_config(app, COLOR="red")
    attach(app, "postgres://one")
    detach_addon(app=app, name="db", actor=acting(app.owner))
    attach(app, "postgres://two")
    make_config(app, COLOR="blue")

    roll_back(app=app, to=3, actor=acting(app.owner))

    assert reveal_config(app=app, actor=acting(app.owner)) == {
        "COLOR": "red",
        "DATABASE_URL": "postgres://two",
    }


def test_a_rollback_brings_no_detached_one_back(app: App) -> None:
    make_config(app, COLOR="red")
    attach(app)
    detach_addon(app=app, name="db", actor=acting(app.owner))
    make_config(app, COLOR="blue")

    roll_back(app=app, to=3, actor=acting(app.owner))

    assert reveal_config(app=app, actor=acting(app.owner)) == {"COLOR": "red"}


def test_a_name_is_taken_while_attached_and_free_afterwards(app: App) -> None:
    other = make_app()
    attach(app)

    with pytest.raises(Conflict, match="The add-on name db is taken"):
        attach(other)
    detach_addon(app=app, name="db", actor=acting(app.owner))
    attach(other)

    assert AddOn.objects.filter(name="db").count() == 2


@pytest.mark.parametrize("plan", ["postgresql", "a:", ":b", "a b:c", "A:b", "a:b\n"])
def test_a_malformed_plan_is_refused(app: App, plan: str) -> None:
    with pytest.raises(OperationRefused, match="service:plan"):
        attach_addon(app=app, plan=plan, config_vars={}, actor=acting(app.owner))


def test_an_unknown_one_cannot_be_detached(app: App) -> None:
    with pytest.raises(NotFound, match="no add-on 'db'"):
        detach_addon(app=app, name="db", actor=acting(app.owner))
