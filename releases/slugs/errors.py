"""How a slug is refused: in one sentence, naming the member that is to blame."""

from releases.errors import OperationRefused

SHOWN_LENGTH = 100


class SlugRefused(OperationRefused):
    """The bytes are not kept: this archive, or this source of one, will not do."""

    code = "slug_refused"


def shown(name: bytes) -> str:
    """Return a hostile name fit for a sentence: quoted, on one line, not too long."""
    text = name[: SHOWN_LENGTH * 4].decode(errors="backslashreplace")
    escaped = "".join(
        character
        if character.isprintable()
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
    if len(escaped) > SHOWN_LENGTH:
        escaped = escaped[:SHOWN_LENGTH] + "..."
    return f'"{escaped}"'
