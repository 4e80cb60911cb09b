"""The rows of the list of tokens."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dashboard.times import Moment, date_words, moment
from releases.models import Token


@dataclass(frozen=True)
class TokenRow:
    """A token as its owner sees it: everything but the rest of its secret."""

    id: uuid.UUID
    name: str
    beginning: str
    scopes: list[str]
    made: Moment
    expires: str
    is_expired: bool
    used: Moment | None
    used_from: str


def token_rows(tokens: Iterable[Token], now: datetime) -> list[TokenRow]:
    """Expects the tokens with their last use, as `visible_tokens` gives them."""
    return [token_row(token, now) for token in tokens]


def token_row(token: Token, now: datetime) -> TokenRow:
    use = getattr(token, "tokenuse", None)
    ends = token.expires_at
    return TokenRow(
        id=token.pk,
        name=token.name,
        beginning=token.beginning,
        scopes=[Token.Scope(scope).label for scope in token.scopes],
        made=moment(token.created_at, now),
        expires=date_words(ends) if ends else "Never",
        is_expired=ends is not None and ends <= now,
        used=moment(use.used_at, now) if use else None,
        used_from=(use.ip or "") if use else "",
    )
