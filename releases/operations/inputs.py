"""Text that people type, made fit to store, or refused with a sentence."""

from urllib.parse import urlsplit

from releases.errors import OperationRefused

REASON_LIMIT = 2_000
URL_LIMIT = 2_000


def clean_text(text: str, what: str, *, limit: int = REASON_LIMIT) -> str:
    """Return `text` without white space around it; refuse what no table can hold."""
    text = text.strip()
    if len(text) > limit:
        raise OperationRefused(
            f"The {what} has {len(text):,} characters; {limit:,} are allowed.",
            code="invalid",
        )
    if "\0" in text or not is_unicode(text):
        raise OperationRefused(f"The {what} is not valid text.", code="invalid")
    return text


def require_text(text: str, what: str, *, limit: int = REASON_LIMIT) -> str:
    text = clean_text(text, what, limit=limit)
    if not text:
        raise OperationRefused(f"A {what} is needed.", code="invalid")
    return text


def clean_url(url: str, what: str) -> str:
    """Return an http or https address, or nothing; refuse every other scheme."""
    url = clean_text(url, what, limit=URL_LIMIT)
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if url and (parts.scheme not in {"http", "https"} or not parts.netloc):
        raise OperationRefused(
            f"The {what} must be an address that begins with http:// or https://.",
            code="invalid",
        )
    return url


def is_unicode(text: str) -> bool:
    """Whether `text` can be written as UTF-8: it has no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
