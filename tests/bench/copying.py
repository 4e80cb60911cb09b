"""Rows on their way into the database, by COPY."""

from collections import defaultdict
from functools import cache
from operator import attrgetter

from django.db.backends.utils import CursorWrapper
from django.db.models import AutoField, JSONField, Model
from psycopg.types.json import Jsonb

FULL = 20_000


class Table:
    """How the instances of a model become rows of its table."""

    def __init__(self, model: type[Model]) -> None:
        # What the database numbers or works out itself is left to it.
        fields = [
            field
            for field in model._meta.concrete_fields
            if not (field.generated or isinstance(field, AutoField))
        ]
        self.name = model._meta.db_table
        self.columns = [field.column for field in fields]
        self._values = attrgetter(*(field.attname for field in fields))
        self._json = [
            n for n, field in enumerate(fields) if isinstance(field, JSONField)
        ]

    def row(self, instance: Model) -> list[object]:
        row: list[object] = list(self._values(instance))
        for position in self._json:
            row[position] = Jsonb(row[position])
        return row


@cache
def table_of(model: type[Model]) -> Table:
    return Table(model)


class Copier:
    """Collects rows, and copies them table by table."""

    def __init__(self, cursor: CursorWrapper) -> None:
        self._cursor = cursor
        self._rows = defaultdict[Table, list[list[object]]](list)
        self._count = 0

    def add(self, instance: Model) -> None:
        table = table_of(type(instance))
        self._rows[table].append(table.row(instance))
        self._count += 1

    def flush_if_full(self) -> None:
        if self._count >= FULL:
            self.flush()

    def flush(self) -> None:
        for table, rows in self._rows.items():
            columns = ", ".join(f'"{column}"' for column in table.columns)
            with self._cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        self._rows.clear()
        self._count = 0
