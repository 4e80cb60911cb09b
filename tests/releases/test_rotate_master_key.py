from pathlib import Path

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from releases.errors import Conflict, NotAllowed
from releases.models import Activity, App
from releases.operations.destroy_app import destroy_app
from releases.operations.reveal_config import reveal_config
from releases.operations.rotate_master_key import rotate_master_key
from releases.operations.two_factor import use_code
from releases.vault import (
    WRAPPING,
    VaultLocked,
    master_keys,
    new_master_key,
    write_key_file,
)
from releases.verification import verify_app
from tests.authenticator import make_two_factor
from tests.factories import acting, make_app, make_config, make_user
from tests.releases.commands.running import refusal, run, run_json
from tests.releases.forging import SYSTEM
from tests.releases.operations.background import (
    in_the_background,
    wait_until_someone_waits,
)
from tests.releases.test_crashes import child
from tests.releases.test_vault import as_text


@pytest.fixture(autouse=True)
def key_file(settings: Settings, tmp_path: Path) -> Path:
    file = tmp_path / "keys" / "master.key"
    settings.ROLLBOOK_MASTER_KEY_FILE = file
    return file


@pytest.fixture
def apps(db: None, key_file: Path) -> list[App]:
    return [make_shop(name) for name in ("shop", "store", "stand")]


def make_shop(name: str) -> App:
    app = make_app(name)
    make_config(app, KEY=f"value of {name}")
    return app


def values(apps: list[App]) -> list[str]:
    return [reveal_config(app=app, actor=SYSTEM)["KEY"] for app in apps]


VALUES = ["value of shop", "value of store", "value of stand"]


def wrapped_by() -> set[str]:
    return set(App.objects.values_list("data_key_wrapped_by", flat=True))


def test_every_value_is_under_a_new_key_and_the_old_one_is_gone(
    apps: list[App],
) -> None:
    [old] = master_keys()

    rotation = rotate_master_key(actor=SYSTEM)

    [new] = master_keys()
    assert new.id != old.id
    assert (rotation.key_id, rotation.apps, rotation.unneeded) == (new.id, 3, [old.id])
    assert wrapped_by() == {new.id}
    assert values(apps) == VALUES
    assert [list(verify_app(app.pk)) for app in apps] == [[]] * 3


def test_it_is_one_activity_outside_the_apps(apps: list[App]) -> None:
    rotation = rotate_master_key(actor=SYSTEM)

    activity = Activity.objects.get(kind=Activity.Kind.KEYS_ROTATED)
    assert (activity.app, activity.actor) == (None, SYSTEM.user)
    assert activity.detail == {
        "key": rotation.key_id,
        "unneeded": list(rotation.unneeded),
        "apps": 3,
    }


def test_many_apps_take_several_batches(
    apps: list[App], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("releases.operations.rotate_master_key.BATCH", 2)

    assert rotate_master_key(actor=SYSTEM).apps == 3
    assert values(apps) == VALUES


def test_codes_are_right_as_before(apps: list[App]) -> None:
    ada = acting(make_user("ada@example.com"))
    phone = make_two_factor(ada.user)

    rotate_master_key(actor=SYSTEM)

    assert use_code(code=phone.code(later=1), actor=ada)
    assert use_code(code=phone.recovery_codes[0], actor=ada)


@pytest.mark.django_db(transaction=True)
def test_two_factor_that_is_begun_before_and_there_after_is_taken_too(
    apps: list[App],
) -> None:
    ada = acting(make_user("ada@example.com"))
    with transaction.atomic():
        phone = make_two_factor(ada.user)
        rotation = in_the_background(lambda: rotate_master_key(actor=SYSTEM))
        wait_until_someone_waits()

    assert rotation.result().apps == 3
    assert use_code(code=phone.recovery_codes[0], actor=ada)


def test_a_destroyed_app_stays_without_a_key(apps: list[App]) -> None:
    destroy_app(app=apps[0], confirm="shop", actor=SYSTEM)

    assert rotate_master_key(actor=SYSTEM).apps == 2
    assert App.objects.get(pk=apps[0].pk).data_key is None


def test_only_superusers_may(apps: list[App]) -> None:
    before = master_keys()

    with pytest.raises(NotAllowed, match="may not rotate the master key"):
        rotate_master_key(actor=acting(apps[0].owner))

    assert master_keys() == before
    root = make_user("root@example.com", superuser=True)
    assert rotate_master_key(actor=acting(root)).apps == 3


def test_a_key_that_is_not_here_is_named_before_anything_is_done(
    apps: list[App], key_file: Path
) -> None:
    needed = master_keys()[0].id
    write_key_file(key_file, [new_master_key()])
    before = key_file.read_text(encoding="ascii")

    with pytest.raises(VaultLocked, match=f"shop needs the master key {needed}"):
        rotate_master_key(actor=SYSTEM)

    assert key_file.read_text(encoding="ascii") == before


def test_keys_of_the_setting_are_for_its_owner_to_remove(
    apps: list[App], settings: Settings, key_file: Path
) -> None:
    [old], new = master_keys(), new_master_key()
    file = key_file.read_text(encoding="ascii")
    settings.ROLLBOOK_MASTER_KEY = f"{as_text(new)}\n{as_text(old)}"

    text = run("rotate_master_key")

    assert wrapped_by() == {new.id}
    assert f"what nothing needs: {old.id}." in text
    assert key_file.read_text(encoding="ascii") == file
    settings.ROLLBOOK_MASTER_KEY = as_text(new)
    assert values(apps) == VALUES
    assert "openssl rand -base64 32" in refusal("rotate_master_key")


def test_the_command_says_what_it_did(apps: list[App]) -> None:
    [old] = master_keys()

    answer = run_json("rotate_master_key")

    assert answer == {"key": master_keys()[0].id, "apps": 3, "dropped": [old.id]}
    assert "3 data keys wrapped by it.\nA backup made without" in run(
        "rotate_master_key"
    )


@pytest.mark.django_db(transaction=True)
def test_an_app_that_is_begun_before_and_there_after_is_taken_too(
    apps: list[App],
) -> None:
    with transaction.atomic():
        late = make_shop("late")
        rotation = in_the_background(lambda: rotate_master_key(actor=SYSTEM))
        wait_until_someone_waits()
        with pytest.raises(Conflict, match="Another rotation"):
            rotate_master_key(actor=SYSTEM)

    assert rotation.result().apps == 4
    assert values([*apps, late]) == [*VALUES, "value of late"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "barrier",
    [
        f"SELECT pg_advisory_xact_lock_shared({WRAPPING})",
        "SELECT FROM releases_app WHERE name = 'store' FOR NO KEY UPDATE",
        "LOCK TABLE releases_activity IN EXCLUSIVE MODE",
    ],
    ids=["the new key is there", "some are wrapped by it", "all are wrapped by it"],
)
def test_a_kill_leaves_every_value_readable_and_a_second_run_finishes(
    apps: list[App], key_file: Path, barrier: str
) -> None:
    [old] = master_keys()
    script = f"""
from pathlib import Path
from releases.operations import rotate_master_key
settings.ROLLBOOK_MASTER_KEY_FILE = Path({str(key_file)!r})
rotate_master_key.BATCH = 1
rotate_master_key.rotate_master_key(actor=Actor.system())
"""
    with child(script) as process, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(barrier)
        wait_until_someone_waits()
        process.kill()
        process.wait()

    assert master_keys()[1:] == [old]
    assert values(apps) == VALUES

    rotate_master_key(actor=SYSTEM)

    [newest] = master_keys()
    assert wrapped_by() == {newest.id}
    assert values(apps) == VALUES
