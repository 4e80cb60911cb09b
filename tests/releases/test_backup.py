import fcntl
import hashlib
import stat
from pathlib import Path

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone
from pytest_django import Settings

from releases.backups.making import make_backup
from releases.models import Activity, App, Blob, User
from releases.operations.prune_slugs import prune_slugs
from releases.operations.rotate_master_key import rotate_master_key
from releases.operations.two_factor import use_code
from releases.slugs.storage import delete_blob
from releases.vault import VaultLocked, master_keys, new_master_key, write_key_file
from tests.authenticator import SECRET, make_two_factor
from tests.factories import (
    acting,
    make_app,
    make_config,
    make_deploy,
    make_member,
    make_slug,
)
from tests.releases.commands.running import refusal, run, run_json
from tests.releases.forging import SYSTEM
from tests.releases.homes import (
    config,
    contents,
    make_story,
    move_to_a_new_home,
    stored_files,
    use_home,
)
from tests.releases.operations.background import in_the_background

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> Path:
    use_home(settings, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backups" / "rollbook.tar"


@pytest.fixture(autouse=True)
def folder_of_backups(file: Path) -> None:
    file.parent.mkdir()


def test_a_restored_home_verifies_decrypts_and_goes_on(
    settings: Settings, tmp_path: Path, file: Path
) -> None:
    app = make_story()
    before = stored_files()
    run("backup", file)
    activities = Activity.objects.filter(app=app).count()
    move_to_a_new_home(settings, tmp_path / "new")

    text = run("restore", file)

    assert ": all is as it was written." in text
    assert stored_files() == before
    assert config(app) == {"KEY": "s3cr3t-value", "OTHER": "same"}
    assert Activity.objects.filter(app=app).count() == activities + 1
    assert make_config(app, KEY="new").version == 6
    assert make_deploy(App.objects.get(pk=app.pk)).version == 7
    assert ": all is as it was written." in run("verify_ledger")


def test_two_factor_comes_back_with_its_codes(
    settings: Settings, tmp_path: Path, file: Path
) -> None:
    ada = acting(make_story().owner)
    phone = make_two_factor(ada.user)
    run("backup", file)
    move_to_a_new_home(settings, tmp_path / "new")

    run("restore", file)

    assert use_code(code=phone.code(later=1), actor=ada)
    assert use_code(code=phone.recovery_codes[0], actor=ada)
    assert SECRET.encode() not in file.read_bytes()


def test_the_file_is_a_plain_tar_for_its_owner_alone(file: Path) -> None:
    make_story()

    run("backup", file)

    members = contents(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    sums = members.pop("SHA256SUMS").decode().splitlines()
    assert sums == [
        f"{hashlib.sha256(text).hexdigest()}  {name}" for name, text in members.items()
    ]
    slugs = {name[6:70] for name in members if name.startswith("slugs/")}
    stored = Blob.objects.filter(deleted_at=None)
    assert slugs == set(stored.values_list("sha256", flat=True))
    assert list(file.parent.iterdir()) == [file]


def test_no_value_and_no_session_is_in_it(file: Path) -> None:
    make_story()
    Session.objects.create(
        session_key="a-session", session_data="x", expire_date=timezone.now()
    )
    UserSession.objects.create(
        session_key="a-session", user=User.objects.get(is_active=False), ip="192.0.2.1"
    )

    run("backup", file)

    written = file.read_bytes()
    assert b"s3cr3t-value" not in written
    assert b"a-session" not in written


def test_a_backup_without_keys_locks_values_until_they_are_put_back(
    settings: Settings, tmp_path: Path, file: Path, home: Path
) -> None:
    app = make_story()
    [key] = master_keys()

    said = run("backup", file, "--without-keys")
    move_to_a_new_home(settings, tmp_path / "new")
    text = run("restore", file)

    assert "The master keys are not in it" in said
    assert "keys/master.key" not in contents(file)
    assert f"locked until the master key {key.id} is put back" in text
    with pytest.raises(VaultLocked):
        config(app)
    settings.ROLLBOOK_MASTER_KEY_FILE = home / "keys" / "master.key"
    assert config(app)["KEY"] == "s3cr3t-value"


def test_keys_that_were_here_already_stay_behind_the_restored_ones(
    settings: Settings, tmp_path: Path, file: Path
) -> None:
    app = make_story()
    run("backup", file)
    [key] = master_keys()
    move_to_a_new_home(settings, tmp_path / "new")
    [own] = master_keys()

    run("restore", file)

    assert master_keys() == [key, own]
    assert config(app)["KEY"] == "s3cr3t-value"


def test_it_is_an_activity(settings: Settings, tmp_path: Path, file: Path) -> None:
    make_story()

    run("backup", file)
    made = Activity.objects.get(kind=Activity.Kind.BACKUP_MADE)
    move_to_a_new_home(settings, tmp_path / "new")
    run("restore", file)
    restored = Activity.objects.get(kind=Activity.Kind.BACKUP_RESTORED)

    assert made.summary == "Made a backup with the master keys"
    assert restored.summary.startswith("Restored the backup of 20")
    assert {made.actor_id, restored.actor_id} == {SYSTEM.user.pk}


def test_a_file_that_exists_is_only_replaced_when_told(file: Path) -> None:
    make_story()
    file.write_text("precious", encoding="utf-8")

    assert refusal("backup", file) == f"{file} exists; --force writes over it."
    assert file.read_text(encoding="utf-8") == "precious"
    assert run_json("backup", file, "--force")["size"] == file.stat().st_size
    assert "manifest.json" in contents(file)


def test_what_a_killed_backup_left_is_removed_and_what_is_written_is_not(
    file: Path,
) -> None:
    make_app("shop")
    left, written = (file.with_name(f".{file.name}.{name}.part") for name in "ab")
    left.touch()

    with written.open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        run("backup", file)

    assert sorted(file.parent.iterdir()) == [written, file]


def test_bytes_that_are_missing_or_damaged_are_refused_and_leave_no_file(
    file: Path, home: Path
) -> None:
    app = make_app("shop")
    blob = make_slug(app).blob
    assert blob
    stored = home / "slugs" / blob.pk[:2] / f"{blob.pk}.tar.gz"
    stored.write_bytes(stored.read_bytes()[::-1])

    assert "are damaged" in refusal("backup", file)
    delete_blob(blob.pk)
    assert "are missing" in refusal("backup", file)
    assert list(file.parent.iterdir()) == []


def test_a_master_key_that_is_not_here_is_named(file: Path, home: Path) -> None:
    make_app("shop")
    [key] = master_keys()
    write_key_file(home / "keys" / "master.key", [new_master_key()])

    assert f"shop needs the master key {key.id}" in refusal("backup", file)
    assert "are not in it" in run("backup", file, "--without-keys")


@pytest.mark.parametrize("name", ["none/rollbook.tar", "."])
def test_a_place_that_cannot_be_written_is_refused(file: Path, name: str) -> None:
    sentence = refusal("backup", file.parent / name)

    assert sentence.endswith(("No such file or directory.", "is no file."))


def test_only_superusers_may(file: Path) -> None:
    member = make_member(make_app("shop"), "manage").user

    assert "only superusers may" in refusal("backup", file, by=member)
    assert list(file.parent.iterdir()) == []


def test_work_goes_on_while_a_backup_is_made(
    settings: Settings, tmp_path: Path, file: Path
) -> None:
    app = make_story()

    def work() -> None:
        for number in range(5):
            make_config(app, KEY=f"value {number}")
            make_deploy(app)
            rotate_master_key(actor=SYSTEM)

    working = in_the_background(work)
    while not working.done():
        run("backup", file, "--force")
    working.result()
    move_to_a_new_home(settings, tmp_path / "new")

    assert ": all is as it was written." in run("restore", file)
    assert config(app)["OTHER"] == "same"


def test_code_that_comes_and_goes_meanwhile_does_no_harm(
    settings: Settings, tmp_path: Path, file: Path
) -> None:
    app = make_app("shop")
    for _ in range(3):
        make_deploy(app)
    calls = 0

    def meddle(written: int) -> None:
        """As the first slug is copied, and as the first is of those that came since."""
        nonlocal calls
        calls += 1
        if calls <= 2:
            in_the_background(lambda: replace_code(app)).result()

    with file.open("wb") as opened:
        manifest = make_backup(opened, actor=SYSTEM, with_keys=True, advance=meddle)
    move_to_a_new_home(settings, tmp_path / "new")

    assert manifest.slugs == 4
    assert "the database, 2 slugs and the master keys" in run("restore", file)
    assert ": all is as it was written." in run("verify_ledger")


def replace_code(app: App) -> None:
    """Deploy twice, and prune all but what runs and the last known good."""
    for _ in range(2):
        make_deploy(app)
    prune_slugs(actor=SYSTEM, keep=1, days=0, dry_run=False)
