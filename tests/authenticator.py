"""An authenticator app, by RFC 6238 and nothing of what it is to get past."""

import base64
import hmac
import time
from collections.abc import Sequence
from dataclasses import dataclass

from releases.models import User
from releases.operations.two_factor import turn_on_two_factor
from tests.factories import acting

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PERIOD = 30


def code_of(secret: str, *, later: int = 0) -> str:
    """Return the code that an app shows now, or so many half minutes later."""
    counter = int(time.time()) // PERIOD + later
    digest = hmac.digest(base64.b32decode(secret), counter.to_bytes(8, "big"), "sha1")
    at = digest[-1] & 15
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**6:06}"


@dataclass(frozen=True)
class Phone:
    """What someone with two-factor has at hand."""

    recovery_codes: Sequence[str]

    def code(self, *, later: int = 0) -> str:
        return code_of(SECRET, later=later)


def make_two_factor(user: User) -> Phone:
    """Turn two-factor on, by the code of now: the next to get in by is the one later."""
    codes = turn_on_two_factor(secret=SECRET, code=code_of(SECRET), actor=acting(user))
    return Phone(codes)


def wrong(code: str) -> str:
    """Return a code that is not this one, nor likely any other."""
    return f"{(int(code) + 1) % 10**6:06}"
