"""Encryption of config values, and their fingerprints.

A master key wraps one data key per app; values are AES-256-GCM under the data key. The
app, the key's name and the row's id are associated data, so that a ciphertext opens
nowhere but in the row it was made for. What people sign in with is sealed under a key
derived from the master key itself.
"""

import base64
import hashlib
import hmac
import os
import secrets
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from django.conf import settings
from django.db import connection, transaction

from releases.errors import OperationRefused
from releases.models import App, ConfigVar

KEY_BYTES = 32
NONCE_BYTES = 12
WRAPPING = 0x77726170  # An advisory lock's number: "wrap".


class VaultLocked(OperationRefused):
    """A key is missing or does not fit: values cannot be read, all else can."""

    code = "vault_locked"


@dataclass(frozen=True)
class MasterKey:
    key: bytes

    @property
    def id(self) -> str:
        """Name the key without giving it away."""
        return hashlib.sha256(b"rollbook master key\0" + self.key).hexdigest()[:16]


class AppVault:
    """Encrypts and decrypts the values of one app."""

    def __init__(self, app_id: uuid.UUID, data_key: bytes) -> None:
        self._app_id = app_id
        self._cipher = AESGCM(data_key)
        self._fingerprint_key = HKDFExpand(
            SHA256(), KEY_BYTES, b"rollbook fingerprint"
        ).derive(data_key)

    def encrypt(self, row_id: uuid.UUID, name: str, value: str) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(
            nonce, value.encode(), self._bound_to(row_id, name)
        )

    def decrypt(self, var: ConfigVar) -> str:
        """Return the value of `var`. Raises VaultLocked if it is not what was stored."""
        if var.ciphertext is None:
            raise OperationRefused(
                f"This value of {var.name} was erased.", code="value_erased"
            )
        sealed = bytes(var.ciphertext)
        nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            value = self._cipher.decrypt(
                nonce, ciphertext, self._bound_to(var.pk, var.name)
            )
        except (InvalidTag, ValueError):
            raise VaultLocked(
                f"The stored value of {var.name} was changed, or moved here from"
                " another row; run verify_ledger."
            ) from None
        return value.decode()

    def fingerprint(self, name: str, value: str) -> str:
        """Return what is equal for equal values of `name` in this app, and tells no more."""
        message = name.encode() + b"\0" + value.encode()
        return hmac.new(self._fingerprint_key, message, "sha256").hexdigest()

    def fingerprints(self, values: Mapping[str, str]) -> dict[str, str]:
        """Stand for values where they would be hashed: a plain hash could be guessed."""
        return {name: self.fingerprint(name, values[name]) for name in values}

    def _bound_to(self, row_id: uuid.UUID, name: str) -> bytes:
        return b"\0".join([self._app_id.bytes, row_id.bytes, name.encode()])


def open_vault(app: App) -> AppVault:
    """Unwrap the data key of `app`. Raises VaultLocked without the master key it needs."""
    if app.data_key is None:
        raise VaultLocked(f"{app.name} was destroyed, and its config values with it.")
    return AppVault(
        app.pk, _unwrap(app.pk, bytes(app.data_key), app.data_key_wrapped_by)
    )


def give_data_key(app: App) -> None:
    """Make the data key of a new `app`; the caller saves it in the same transaction."""
    _hold_rotation()
    _wrap(app, secrets.token_bytes(KEY_BYTES))


def wait_for_new_secrets() -> None:
    """Wait for every app and sealed text begun with the master keys of before."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRAPPING])


def rewrap_data_key(app: App) -> bool:
    """Wrap the data key of `app` by the newest master key; whether that changed it."""
    if app.data_key is None or app.data_key_wrapped_by == master_keys()[0].id:
        return False
    _wrap(app, _unwrap(app.pk, bytes(app.data_key), app.data_key_wrapped_by))
    return True


def seal(text: str) -> str:
    """Encrypt a secret that belongs to a person and to no app.

    What is to be kept is sealed and saved in one transaction. Nothing binds it to its
    row: who could move it to another could as well take the row away.
    """
    _hold_rotation()
    master = master_keys()[0]
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = nonce + _sealing(master).encrypt(nonce, text.encode(), None)
    return f"{master.id}:{base64.b64encode(sealed).decode()}"


def unseal(sealed: str) -> str:
    """Return the text that was sealed. Raises VaultLocked without its master key."""
    key_id, _, encoded = sealed.partition(":")
    master = next((key for key in master_keys() if key.id == key_id), None)
    if master is None:
        raise VaultLocked(
            f"Two-factor is locked: it needs the master key {key_id}, which is not here."
            " An admin can put it back from a backup, or run turn_off_two_factor."
        )
    try:
        content = base64.b64decode(encoded, validate=True)
        nonce, ciphertext = content[:NONCE_BYTES], content[NONCE_BYTES:]
        return _sealing(master).decrypt(nonce, ciphertext, None).decode()
    except (InvalidTag, ValueError):
        raise VaultLocked(
            "A secret of two-factor was changed in the database; an admin can run"
            " turn_off_two_factor."
        ) from None


def reseal(sealed: str) -> str:
    """Seal anew by the newest master key what another one sealed that is still here."""
    others = {key.id for key in master_keys()[1:]}
    return seal(unseal(sealed)) if sealed.partition(":")[0] in others else sealed


def master_keys() -> list[MasterKey]:
    """Return the master keys, newest first; the first one wraps, all unwrap.

    They stand in the setting, or in the file, one base64 text of 32 bytes after
    another. The file is made at first use, but never where apps exist: then it was
    lost, and another key would only hide that.
    """
    if settings.ROLLBOOK_MASTER_KEY:
        return decode_keys(settings.ROLLBOOK_MASTER_KEY)
    file = Path(settings.ROLLBOOK_MASTER_KEY_FILE)
    if not file.exists():
        if App.objects.exists():
            raise VaultLocked(
                f"The master key file {file} is missing, and apps exist that need it;"
                " put it back from a backup."
            )
        make_key_file(file)
    return read_key_file(file)


def encode_keys(keys: Iterable[MasterKey]) -> str:
    return "".join(f"{base64.b64encode(key.key).decode()}\n" for key in keys)


def decode_keys(text: str) -> list[MasterKey]:
    keys = [MasterKey(_decode(part)) for part in text.split()]
    if not keys:
        raise VaultLocked("The master key file is empty; put it back from a backup.")
    return keys


def write_key_file(file: Path, keys: Iterable[MasterKey]) -> None:
    """Put `keys` into `file` as a whole or not at all, readable by its owner only."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(encode_keys(keys))
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
        _sync_folder(file.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise VaultLocked(
            f"The master key file {file} cannot be written: {error.strerror}."
        ) from error


def new_master_key() -> MasterKey:
    return MasterKey(secrets.token_bytes(KEY_BYTES))


def read_key_file(file: Path) -> list[MasterKey]:
    try:
        return decode_keys(file.read_text(encoding="ascii", errors="replace"))
    except OSError as error:
        raise VaultLocked(
            f"The master key file {file} cannot be read: {error.strerror}."
        ) from error


def make_key_file(file: Path) -> None:
    """Make the key file with a new key, unless another process does so first."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    write_key_file(draft, [new_master_key()])
    try:
        # A link fails where another process was first; its key is the one then.
        with suppress(FileExistsError):
            os.link(draft, file)
        _sync_folder(file.parent)
    finally:
        draft.unlink()


def _hold_rotation() -> None:
    """Let no rotation drop a master key before this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [WRAPPING])


def _sealing(master: MasterKey) -> AESGCM:
    key = HKDFExpand(SHA256(), KEY_BYTES, b"rollbook seal").derive(master.key)
    return AESGCM(key)


def _wrap(app: App, data_key: bytes) -> None:
    master = master_keys()[0]
    nonce = secrets.token_bytes(NONCE_BYTES)
    app.data_key = nonce + AESGCM(master.key).encrypt(nonce, data_key, app.pk.bytes)
    app.data_key_wrapped_by = master.id


def _unwrap(app_id: uuid.UUID, wrapped: bytes, wrapped_by: str) -> bytes:
    master = next((key for key in master_keys() if key.id == wrapped_by), None)
    if master is None:
        raise VaultLocked(
            f"Config values are locked: they need the master key {wrapped_by}, which is"
            " not here. Put it back from a backup."
        )
    try:
        return AESGCM(master.key).decrypt(
            wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], app_id.bytes
        )
    except (InvalidTag, ValueError):
        raise VaultLocked(
            "The data key of this app was changed in the database; run verify_ledger."
        ) from None


def _decode(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise VaultLocked("The master key must be 32 bytes in base64.")
    return key


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
