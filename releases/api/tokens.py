"""Who asks: the token of a request, and what it has left of its rate limit."""

import base64
import binascii
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from releases.api.errors import too_many, unauthorized
from releases.models import Token, User
from releases.operations.tokens import PREFIX, hashed

# A bucket that fills evenly over an hour. One statement a request, on an unlogged table:
# workers count together, and nothing waits for the disk. A refused call costs no more
# than the one it asked for.
SPEND = """
    INSERT INTO releases_tokenuse AS bucket (token_id, remaining, used_at, ip)
    VALUES (%(token)s, %(limit)s - 1, now(), %(ip)s)
    ON CONFLICT (token_id) DO UPDATE SET
        used_at = now(), ip = excluded.ip,
        remaining = GREATEST(-1, LEAST(%(limit)s, bucket.remaining
            + EXTRACT(EPOCH FROM now() - bucket.used_at) * %(limit)s / 3600.0) - 1)
    RETURNING remaining
"""


@dataclass(frozen=True)
class Caller:
    """A person, and the token that they call with."""

    user: User
    token: Token
    secret: str


def caller_of(request: HttpRequest) -> Caller:
    """Return who calls. Refuses what is no token, or is revoked, expired, or of nobody."""
    secret = secret_of(request.headers.get("Authorization", ""))
    token = usable_token(secret_sha256=hashed(secret)) if secret else None
    if token is None:
        raise unauthorized("Invalid credentials provided.")
    return Caller(token.user, token, secret)


def usable_token(**identity: str | UUID) -> Token | None:
    """Return a token that opens a door: not revoked, not expired, of somebody active."""
    try:
        token = Token.objects.select_related("user").get(**identity)
    except Token.DoesNotExist:
        return None
    return token if token.is_usable(timezone.now()) else None


def secret_of(header: str) -> str:
    """Return the token of an Authorization header: Bearer, or the password of Basic."""
    kind, _, value = header.strip().partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    return password_of(header)[1]


def password_of(header: str) -> tuple[str, str]:
    """Return user and password of a Basic header; twice nothing where it is none."""
    kind, _, value = header.strip().partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        text = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", ""
    user, _, password = text.partition(":")
    return user, password


def is_password(header: str) -> bool:
    """Whether a Basic header carries an e-mail with a password rather than a token."""
    user, password = password_of(header)
    return "@" in user and not password.startswith(PREFIX)


def spend(token: Token, ip: str | None) -> int:
    """Take one call from what `token` has left, and return how many that leaves.

    Refuses with 429 once there are none; they fill up evenly over an hour.
    """
    asked: dict[str, str | int | None] = {
        "token": str(token.pk),
        "limit": settings.API_CALLS_AN_HOUR,
        "ip": ip,
    }
    with connection.cursor() as cursor:
        cursor.execute(SPEND, asked)
        [remaining] = cursor.fetchone()
    if remaining < 0:
        raise too_many("Your token reached its rate limit. Wait a minute, then go on.")
    return int(remaining)
