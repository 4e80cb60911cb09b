"""A device with a passkey, by the standard (WebAuthn, level 3) and nothing of ours."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor

HOST = "localhost"
ORIGIN = f"http://{HOST}"
USER_PRESENT, USER_VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Device:
    """Makes one passkey, and answers with it."""

    origin: str = ORIGIN
    verifies: bool = True
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user_handle: str = ""

    def make(self, options: Mapping[str, Any]) -> str:
        """Return what a browser sends of a new passkey."""
        asked = options["publicKey"]
        self.user_handle = asked["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        public = cbor.encode({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        about_key = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        attested = {
            "fmt": "none",
            "attStmt": {},
            "authData": self._data(asked["rp"]["id"], HAS_KEY) + about_key,
        }
        return self._answer(
            clientDataJSON=b64(self._client_data("create", asked["challenge"])),
            attestationObject=b64(cbor.encode(attested)),
        )

    def answer(self, options: Mapping[str, Any]) -> str:
        """Return what a browser sends of a passkey that it has."""
        asked = options["publicKey"]
        data = self._data(asked["rpId"])
        client_data = self._client_data("get", asked["challenge"])
        signed = data + hashlib.sha256(client_data).digest()
        return self._answer(
            clientDataJSON=b64(client_data),
            authenticatorData=b64(data),
            signature=b64(self.key.sign(signed, ec.ECDSA(SHA256()))),
            userHandle=self.user_handle,
        )

    def _data(self, rp_id: str, flags: int = 0) -> bytes:
        flags |= USER_PRESENT | (USER_VERIFIED if self.verifies else 0)
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + bytes(4)

    def _client_data(self, what: str, challenge: str) -> bytes:
        said = {
            "type": f"webauthn.{what}",
            "challenge": challenge,
            "origin": self.origin,
        }
        return json.dumps(said).encode()

    def _answer(self, **response: str) -> str:
        return json.dumps(
            {
                "id": b64(self.id),
                "rawId": b64(self.id),
                "type": "public-key",
                "clientExtensionResults": {},
                "response": response,
            }
        )
