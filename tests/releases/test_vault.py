import base64
import hashlib
import stat
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from pytest_django import Settings

from releases.errors import OperationRefused
from releases.models import App, ConfigVar, Release
from releases.operations.destroy_app import destroy_app
from releases.operations.erase_value import erase_value
from releases.vault import (
    MasterKey,
    VaultLocked,
    master_keys,
    new_master_key,
    open_vault,
    reseal,
    seal,
    unseal,
    write_key_file,
)
from tests.factories import make_app, make_config
from tests.releases.forging import SYSTEM, forge

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def key_file(settings: Settings, tmp_path: Path) -> Path:
    file = tmp_path / "keys" / "master.key"
    settings.ROLLBOOK_MASTER_KEY_FILE = file
    return file


@pytest.fixture
def app(key_file: Path) -> App:
    return make_app("shop")


def var_of(release: Release) -> ConfigVar:
    return ConfigVar.objects.get(pk=release.config_set.var_ids[0])


@pytest.mark.parametrize("value", ["", "value", "Größe 🗝", "x" * 65_536])
def test_a_value_comes_back_as_it_was(app: App, value: str) -> None:
    var = var_of(make_config(app, KEY=value))

    assert open_vault(app).decrypt(var) == value


def test_equal_values_of_a_key_are_known_by_fingerprint_in_their_app_alone(
    app: App,
) -> None:
    vault, elsewhere = open_vault(app), open_vault(make_app("elsewhere"))

    fingerprint = vault.fingerprint("KEY", "value")

    assert vault.fingerprint("KEY", "value") == fingerprint
    assert vault.fingerprint("KEY", "other") != fingerprint
    assert vault.fingerprint("KEYv", "alue") != fingerprint
    assert elsewhere.fingerprint("KEY", "value") != fingerprint


def test_equal_values_have_different_ciphertexts(app: App) -> None:
    vault, row_id = open_vault(app), uuid.uuid4()

    assert vault.encrypt(row_id, "A", "value") != vault.encrypt(row_id, "A", "value")


@pytest.mark.parametrize(
    "moved",
    [
        {"id": uuid.UUID(int=1)},
        {"name": "OTHER"},
        {"ciphertext": b""},
        {"ciphertext": b"x" * 40},
    ],
)
def test_a_ciphertext_opens_nowhere_but_in_its_row(
    app: App, moved: dict[str, object]
) -> None:
    var = var_of(make_config(app, KEY="value"))
    for name, changed in moved.items():
        setattr(var, name, changed)

    with pytest.raises(VaultLocked, match=f"stored value of {var.name} was changed"):
        open_vault(app).decrypt(var)


def test_a_ciphertext_does_not_open_in_another_app(app: App) -> None:
    var = var_of(make_config(app, KEY="value"))

    with pytest.raises(VaultLocked):
        open_vault(make_app("elsewhere")).decrypt(var)


def test_an_erased_value_says_so(app: App) -> None:
    release = make_config(app, KEY="leaked")
    make_config(app, KEY="safe")

    erase_value(release=release, name="KEY", actor=SYSTEM)

    with pytest.raises(OperationRefused, match="This value of KEY was erased"):
        open_vault(app).decrypt(var_of(release))


def test_a_destroyed_app_has_no_vault(app: App) -> None:
    destroyed = destroy_app(app=app, confirm="shop", actor=SYSTEM)

    with pytest.raises(VaultLocked, match="shop was destroyed"):
        open_vault(destroyed)


def test_a_data_key_that_was_changed_or_swapped_does_not_open(app: App) -> None:
    other = make_app("other")
    swapped = """UPDATE releases_app a SET data_key = b.data_key FROM releases_app b
        WHERE a.id = %(one)s AND b.id = %(two)s"""

    forge(swapped, {"one": str(app.pk), "two": str(other.pk)})

    with pytest.raises(VaultLocked, match="The data key of this app was changed"):
        open_vault(App.objects.get(pk=app.pk))


def test_a_database_dump_shows_no_value_and_no_plain_hash_of_one(app: App) -> None:
    value = "correct-horse"
    make_config(app, KEY=value)

    dumped = dump()

    master = master_keys()[0].key
    for secret in (value.encode(), master):
        for shown in (
            secret.hex(),
            base64.b64encode(secret).decode(),
            hashlib.sha256(secret).hexdigest(),
            hashlib.sha1(secret).hexdigest(),  # noqa: S324  # what must not be there
            hashlib.md5(secret).hexdigest(),  # noqa: S324  # as above
        ):
            assert shown not in dumped
    assert value not in dumped
    assert "KEY" in dumped


def dump() -> str:
    texts = []
    with connection.cursor() as cursor:
        for model in apps.get_models():
            cursor.execute(f"SELECT t::text FROM {model._meta.db_table} t")  # noqa: S608
            texts += [text for (text,) in cursor.fetchall()]
    return "\n".join(texts)


def test_the_key_file_is_made_once_for_its_owner_only(key_file: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: id_of_newest_key(), range(16)))

    assert len(ids) == 1
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert [file.name for file in key_file.parent.iterdir()] == ["master.key"]


def id_of_newest_key() -> str:
    try:
        return master_keys()[0].id
    finally:
        connection.close()


def test_a_key_file_that_was_lost_is_not_made_anew(app: App, key_file: Path) -> None:
    key_file.unlink()

    with pytest.raises(VaultLocked, match="is missing, and apps exist that need it"):
        make_app("other")

    assert not key_file.exists()


def test_another_key_than_the_needed_one_is_named(app: App, key_file: Path) -> None:
    needed = master_keys()[0].id

    write_key_file(key_file, [new_master_key()])

    with pytest.raises(VaultLocked, match=f"they need the master key {needed}"):
        open_vault(app)


@pytest.mark.parametrize("text", ["", "\n", "short", "no base64!", "Größe", "A" * 44])
def test_a_key_file_that_holds_no_key_is_refused(key_file: Path, text: str) -> None:
    key_file.parent.mkdir()
    key_file.write_text(text, encoding="latin-1")

    with pytest.raises(VaultLocked, match=r"is empty|must be 32 bytes in base64"):
        make_app("shop")


def test_keys_of_the_setting_are_used_without_a_file(
    settings: Settings, key_file: Path
) -> None:
    newest, older = new_master_key(), new_master_key()
    settings.ROLLBOOK_MASTER_KEY = as_text(older)
    app = make_app("shop")
    var = var_of(make_config(app, KEY="value"))

    settings.ROLLBOOK_MASTER_KEY = f"{as_text(newest)} {as_text(older)}"

    assert open_vault(app).decrypt(var) == "value"
    assert make_app("other").data_key_wrapped_by == newest.id
    assert not key_file.exists()


def test_a_key_file_that_cannot_be_written_is_left_as_it_was(key_file: Path) -> None:
    master_keys()
    before = key_file.read_bytes()
    nowhere = key_file.parent / "none" / "master.key"

    with pytest.raises(VaultLocked, match="cannot be written: No such file"):
        write_key_file(nowhere, [new_master_key()])

    assert key_file.read_bytes() == before


def as_text(key: MasterKey) -> str:
    return base64.b64encode(key.key).decode()


def test_what_is_sealed_comes_back_and_is_never_the_same() -> None:
    sealed = seal("naïve")

    assert unseal(sealed) == "naïve"
    assert seal("naïve") != sealed
    assert "na" not in sealed.partition(":")[2]


def test_what_is_sealed_names_the_master_key_it_needs(key_file: Path) -> None:
    sealed, [old], new = seal("secret"), master_keys(), new_master_key()

    write_key_file(key_file, [new, old])
    assert unseal(sealed) == "secret"
    write_key_file(key_file, [new])
    with pytest.raises(VaultLocked, match=f"needs the master key {old.id}"):
        unseal(sealed)


@pytest.mark.parametrize("content", ["", "!", "eA==", "A" * 60])
def test_what_was_changed_does_not_open(content: str) -> None:
    key_id, _, _ = seal("secret").partition(":")

    with pytest.raises(VaultLocked, match="was changed in the database"):
        unseal(f"{key_id}:{content}")


def test_what_another_key_sealed_is_sealed_anew_while_that_is_here(
    key_file: Path,
) -> None:
    sealed, [old], new = seal("secret"), master_keys(), new_master_key()
    assert reseal(sealed) == sealed

    write_key_file(key_file, [new])
    assert reseal(sealed) == sealed
    write_key_file(key_file, [new, old])
    anew = reseal(sealed)
    write_key_file(key_file, [new])

    assert unseal(anew) == "secret"
