"""Text laid out for terminals: hostile characters shown harmless, columns aligned."""

import unicodedata
from collections.abc import Collection, Iterable, Sequence

GAP = "  "
NARROWEST = 12
# They join and direct other characters, and would move what stands beside them.
DROPPED = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))


def printable(text: str) -> str:
    """Return `text` on one line, with nothing in it that a terminal would obey."""
    return "".join(map(_shown, text.translate(DROPPED)))


def escaped(value: str) -> str:
    r"""Return a value on one line, with line breaks and the like spelled out.

    A backslash is two, so that a line break is not taken for a backslash and an n.
    """
    return "".join(
        char
        if char.isprintable() and char != "\\"
        else char.encode("unicode_escape").decode("ascii")
        for char in value
    )


def columns_of(text: str) -> int:
    """Return how many columns of a terminal `text` takes."""
    return sum(map(_width, text))


def shortened(text: str, columns: int | None) -> str:
    """Return `text` in at most `columns` columns, with an ellipsis if it had more."""
    if columns is None or columns_of(text) <= columns:
        return text
    kept, room = "", columns - 1
    for char in text:
        room -= _width(char)
        if room < 0:
            break
        kept += char
    return kept.rstrip() + "…"


def aligned(
    rows: Iterable[Sequence[str]],
    *,
    columns: int | None,
    shorten: Collection[int] = (),
) -> str:
    """Return lines with aligned columns.

    Those whose places are in `shorten` give way until the lines fit `columns` of a
    terminal, if they can. None leaves all whole, as programs and files want them.
    """
    lines = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(columns_of, column)) for column in zip(*lines, strict=True)]
    if columns is not None:
        widths = _fitted(widths, shorten, columns)
    return "\n".join(
        GAP.join(
            _padded(shortened(cell, width), width)
            for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Return names and what belongs to them, line by line; nothing where it is empty."""
    shown = [(name, printable(text)) for name, text in pairs if text]
    width = max((columns_of(name) for name, _ in shown), default=0)
    return "\n".join(f"{_padded(name, width)}{GAP}{text}" for name, text in shown)


def _fitted(widths: Sequence[int], shorten: Collection[int], columns: int) -> list[int]:
    """Take from the widest column, a little at a time, until the line fits."""
    widths = list(widths)
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - columns
    for _ in range(excess):
        widest = max(shorten, key=widths.__getitem__, default=None)
        if widest is None or widths[widest] <= NARROWEST:
            break
        widths[widest] -= 1
    return widths


def _padded(text: str, columns: int) -> str:
    return text + " " * (columns - columns_of(text))


def _width(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _shown(char: str) -> str:
    if char.isspace():
        return " "
    return char if char.isprintable() else "\ufffd"
