"""The rows of all tables: streamed out of one snapshot, and into an empty database."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.migrations.executor import MigrationExecutor

from releases.errors import OperationRefused
from releases.models import SYSTEM_ID

Migration = tuple[str, str]
Columns = Mapping[str, Sequence[str]]

OURS = "releases_"
USERS = "releases_user"
# Whoever gets hold of a backup should not be signed in by it.
LEFT_OUT = {"django_session", "releases_tokenuse", "usersessions_usersession"}

quoted = connection.ops.quote_name


class Schema:
    """What migrations make of the database: some of them, or all that there are."""

    def __init__(self) -> None:
        self._executor = MigrationExecutor(connection)
        self._plan = self._executor.migration_plan(
            self._executor.loader.graph.leaf_nodes(), clean_start=True
        )

    def known(self) -> list[Migration]:
        """Return all migrations that there are, in an order in which they apply."""
        return [(migration.app_label, migration.name) for migration, _ in self._plan]

    def applied(self) -> set[Migration]:
        return set(self._executor.loader.applied_migrations) & set(self.known())

    def columns(self, migrations: Iterable[Migration]) -> Columns:
        """Return the tables that `migrations` lead to, with their columns.

        Those that the database works out itself are not among them.
        """
        state = self._executor.loader.project_state(list(migrations))
        return {
            model._meta.db_table: [
                str(field.column)
                for field in model._meta.local_concrete_fields
                if not field.generated
            ]
            for model in state.apps.get_models(include_auto_created=True)
            if model._meta.can_migrate(connection)
            and model._meta.db_table not in LEFT_OUT
        }

    def is_whole(self, migrations: Collection[Migration]) -> bool:
        """Whether `migrations`, all known, come with all they depend on."""
        graph = self._executor.loader.graph
        return all(
            set(graph.forwards_plan(migration)) <= set(migrations)
            for migration in migrations
        )

    def has_any_of(self, tables: Iterable[str]) -> bool:
        return not set(tables).isdisjoint(connection.introspection.table_names())

    def make(self, migrations: Collection[Migration]) -> None:
        """Apply `migrations` to a database without tables."""
        plan = [
            step
            for step in self._plan
            if (step[0].app_label, step[0].name) in migrations
        ]
        self._executor.migrate([], plan=plan)


def dump_table(table: str, columns: Sequence[str]) -> Iterator[bytes | memoryview]:
    """Give the rows as text, some at a time."""
    statement = f"COPY {quoted(table)} ({_listed(columns)}) TO STDOUT"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        yield from copy


def load_table(table: str, columns: Sequence[str], rows: Iterable[bytes]) -> None:
    """Add what `dump_table` gave."""
    statement = f"COPY {quoted(table)} ({_listed(columns)}) FROM STDIN"
    # Django leaves the errors of COPY as they are, unless told.
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for chunk in rows:
            copy.write(chunk)


@contextmanager
def filling(tables: Collection[str]) -> Iterator[None]:
    """Take the triggers and foreign keys off empty tables, and what migrations put there.

    All are back, and the keys checked, when the block ends. Within a transaction.
    Refuses a database in which anything has happened.
    """
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {quoted(table)} DISABLE TRIGGER USER")
        _refuse_unless_fresh(cursor, tables)
        # Checked row by row they would take longer than all the rest.
        keys = _foreign_keys(cursor, tables)
        for table, name, _ in keys:
            cursor.execute(
                f"ALTER TABLE {quoted(table)} DROP CONSTRAINT {quoted(name)}"
            )
        # What is of people who go away here goes with them, though none comes in its place.
        beside = LEFT_OUT.intersection(connection.introspection.table_names(cursor))
        cursor.execute(f"TRUNCATE {_listed([*tables, *beside])}")
        yield
        for table, name, definition in keys:
            cursor.execute(
                f"ALTER TABLE {quoted(table)} ADD CONSTRAINT {quoted(name)} {definition}"
            )
        for table in tables:
            _set_sequences(cursor, table)
            cursor.execute(f"ALTER TABLE {quoted(table)} ENABLE TRIGGER USER")


def _refuse_unless_fresh(cursor: CursorWrapper, tables: Iterable[str]) -> None:
    for table in tables:
        if not table.startswith(OURS):
            continue
        besides = "WHERE id <> %s" if table == USERS else ""
        cursor.execute(
            f"SELECT EXISTS (SELECT FROM {quoted(table)} {besides})",  # noqa: S608
            [SYSTEM_ID] if besides else [],
        )
        if cursor.fetchone() == (True,):
            raise OperationRefused(
                "This database is not empty, and a restore would replace what is in it;"
                " restore into a new ROLLBOOK_HOME or an empty database.",
                code="not_empty",
            )


def _foreign_keys(
    cursor: CursorWrapper, tables: Collection[str]
) -> list[tuple[str, str, str]]:
    cursor.execute(
        """SELECT relname, conname, pg_get_constraintdef(pg_constraint.oid)
        FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
        WHERE contype = 'f' AND conrelid = ANY(%s::regclass[])
        ORDER BY relname, conname""",
        [[quoted(table) for table in tables]],
    )
    return [
        (str(table), str(name), str(text)) for table, name, text in cursor.fetchall()
    ]


def _set_sequences(cursor: CursorWrapper, table: str) -> None:
    for sequence in connection.introspection.get_sequences(cursor, table):
        column = quoted(sequence["column"])
        cursor.execute(
            f"SELECT setval(%s, coalesce(max({column}), 1), max({column}) IS NOT NULL)"  # noqa: S608
            f" FROM {quoted(table)}",
            [quoted(sequence["name"])],
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(quoted, names))
