from pathlib import Path

import pytest
from pytest_django import Settings

from releases.actors import Actor
from releases.errors import NotAllowed, OperationRefused
from releases.models import App, ConfigVar
from releases.operations.change_config import change_config
from releases.operations.replace_lost_key import replace_lost_key
from releases.operations.reveal_config import reveal_config
from releases.operations.roll_back import roll_back
from releases.restoring import Scope
from releases.vault import VaultLocked
from releases.verification import verify_app
from tests.factories import acting, make_app, make_config, make_deploy
from tests.releases.commands.running import refusal, run

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@pytest.fixture(autouse=True)
def key_file(settings: Settings, tmp_path: Path) -> Path:
    settings.ROLLBOOK_MASTER_KEY_FILE = tmp_path / "keys" / "master.key"
    return tmp_path / "keys" / "master.key"


@pytest.fixture
def app(key_file: Path) -> App:
    """v2 and v3 deploy, v4 sets COLOR and SIZE; then the key is lost."""
    app = make_app("shop")
    make_deploy(app)
    make_deploy(app)
    make_config(app, COLOR="red", SIZE="9")
    key_file.unlink()
    return app


def test_with_the_key_lost_only_values_are_locked(app: App) -> None:
    with pytest.raises(VaultLocked, match="put it back from a backup"):
        change_config(app=app, set_vars={"COLOR": "blue"}, actor=SYSTEM)

    assert roll_back(app=app, to=2, scope=Scope.CODE, actor=SYSTEM).version == 5


def test_after_giving_it_up_values_are_gone_and_new_ones_can_be_set(app: App) -> None:
    assert replace_lost_key(actor=SYSTEM) == [app]

    assert not ConfigVar.objects.filter(erased_at=None).exists()
    with pytest.raises(OperationRefused, match="was erased"):
        reveal_config(app=app, actor=SYSTEM)
    change_config(app=app, set_vars={"COLOR": "red", "SIZE": "9"}, actor=SYSTEM)
    assert reveal_config(app=app, actor=SYSTEM) == {"COLOR": "red", "SIZE": "9"}


def test_the_history_verifies_and_its_code_can_be_restored(app: App) -> None:
    replace_lost_key(actor=SYSTEM)

    assert roll_back(app=app, to=2, scope=Scope.CODE, actor=SYSTEM).version == 5
    assert list(verify_app(app.pk)) == []


def test_it_is_recorded_by_key_and_number(app: App) -> None:
    replace_lost_key(actor=SYSTEM)

    activity = app.activities.order_by("-sequence")[0]
    assert activity.detail == {"rows": {"COLOR": 1, "SIZE": 1}}


def test_nothing_is_given_up_while_the_key_is_there(key_file: Path) -> None:
    app = make_app("shop")
    make_config(app, COLOR="red")

    with pytest.raises(OperationRefused, match="No app needs a master key"):
        replace_lost_key(actor=SYSTEM)

    assert reveal_config(app=app, actor=SYSTEM) == {"COLOR": "red"}


def test_a_damaged_key_file_is_no_lost_key(app: App, key_file: Path) -> None:
    key_file.write_text("half a key")

    with pytest.raises(VaultLocked, match="32 bytes in base64"):
        replace_lost_key(actor=SYSTEM)

    assert not ConfigVar.objects.exclude(erased_at=None).exists()


def test_only_superusers_give_a_key_up(app: App) -> None:
    with pytest.raises(NotAllowed, match="only superusers may"):
        replace_lost_key(actor=acting(app.owner))


def test_the_command_takes_a_word_to_confirm(app: App) -> None:
    assert "confirm with --confirm lost" in refusal("replace_lost_key")

    assert "The values of 1 app are gone" in run(
        "replace_lost_key", "--confirm", "lost"
    )
