"""What operations are measured against: the writes of a rollback, and nothing else."""

from collections.abc import Callable, Sequence
from functools import partial

from django.db.models import Model
from django.utils import timezone

from releases.chain import activity_digest, release_digest
from releases.models import Activity, App, Release, Source
from tests.bench.copying import table_of
from tests.bench.database import raw_connection

LOCK = "SELECT * FROM releases_app WHERE id = %s FOR NO KEY UPDATE"
UPDATE = """
    UPDATE releases_app
    SET last_version = %s, current_release_id = %s, released_at = %s,
        chain_head = %s, chain_length = %s, updated_at = %s
    WHERE id = %s
"""
# Both run something else than what comes before them, so each goes somewhere.
TARGETS = (4, 6)
Statement = tuple[str, Sequence[object]]


class BareTransaction:
    """BEGIN, lock the app, insert a release, insert an activity, update the app, COMMIT.

    Six round trips of psycopg as it comes, on the product's own tables with their
    indexes, foreign keys and triggers. It decides nothing: what it writes was made, and
    digested, before.
    """

    WORDS = "BEGIN, lock the app, insert release and activity, update the app, COMMIT"

    def __init__(self, app: App) -> None:
        self._app = app
        self._targets = [app.releases.get(version=version) for version in TARGETS]
        self._connection = raw_connection()
        self._connection.autocommit = True

    def step(self, number: int) -> Callable[[], object]:
        app = self._app
        release = self._release(self._targets[number % len(self._targets)])
        activity = self._activity(release)
        app.last_version = release.version
        app.current_release = release
        app.chain_length += 1
        app.chain_head = activity.digest
        return partial(
            self._execute,
            [
                ("BEGIN", ()),
                (LOCK, (app.pk,)),
                _insert(release),
                _insert(activity),
                (
                    UPDATE,
                    (
                        *(app.last_version, release.pk, release.created_at),
                        *(app.chain_head, app.chain_length, release.created_at),
                        app.pk,
                    ),
                ),
                ("COMMIT", ()),
            ],
        )

    def _execute(self, statements: Sequence[Statement]) -> None:
        for statement, values in statements:
            cursor = self._connection.execute(statement, values)
            if statement == LOCK:
                cursor.fetchall()

    def _release(self, target: Release) -> Release:
        now = timezone.now()
        release = Release(
            app=self._app,
            version=self._app.last_version + 1,
            kind=Release.Kind.ROLLBACK,
            status=Release.Status.SUCCEEDED,
            settled_at=now,
            description=f"Rollback to {target}",
            slug=target.slug,
            config_set=target.config_set,
            actor=self._app.owner,
            actor_email=self._app.owner.email,
            source=Source.CLI,
            restores=target,
            scope=Release.Scope.EVERYTHING,
            created_at=now,
        )
        release.digest = release_digest(release)
        return release

    def _activity(self, release: Release) -> Activity:
        activity = Activity(
            app=self._app,
            sequence=self._app.chain_length + 1,
            kind=Activity.Kind.RELEASE_CREATED,
            release=release,
            actor=release.actor,
            actor_email=release.actor_email,
            source=release.source,
            summary=release.description,
            detail={
                "kind": release.kind,
                "status": release.status,
                "to": release.restores and release.restores.version,
                "scope": release.scope,
                "overrides": [],
                "added": [],
                "changed": ["SETTING_001"],
                "removed": [],
                "kept": [],
            },
            created_at=release.created_at,
        )
        activity.digest = activity_digest(
            self._app.chain_head, activity, release.digest
        )
        return activity


def _insert(instance: Model) -> Statement:
    table = table_of(type(instance))
    columns = ", ".join(f'"{column}"' for column in table.columns)
    row = table.row(instance)
    places = ", ".join(["%s"] * len(row))
    return f"INSERT INTO {table.name} ({columns}) VALUES ({places})", row  # noqa: S608  # our own names
