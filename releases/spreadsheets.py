"""Tables as CSV, for the spreadsheets that open them."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

Cell = str | int | float | None

# Without it spreadsheets take UTF-8 for something else.
BYTE_ORDER_MARK = "\ufeff"
# What begins with one is a formula to some spreadsheet, and may do anything there.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
TEXT = "'"


class _Pass(Protocol):
    def write(self, text: str) -> str: ...


class _Lines:
    """Where a writer's lines go: back to whoever wrote them."""

    def write(self, text: str) -> str:
        return text


def csv_lines(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Give the lines of a table one by one; no text in it is taken for a formula."""
    writer = csv.writer(_Lines())
    yield BYTE_ORDER_MARK + writer.writerow(headings)
    for row in rows:
        yield writer.writerow([_harmless(cell) for cell in row])


def _harmless(cell: Cell) -> Cell:
    if isinstance(cell, str) and cell.startswith(FORMULA):
        return TEXT + cell
    return cell
