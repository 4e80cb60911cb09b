"""All that a verification reads, as streams that move together from app to app.

A handful of queries for all apps, however many: a few for each would take longer than
the checking itself.
"""

import uuid
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Generic, NamedTuple, TypeVar

from django.db.models import (
    BooleanField,
    CharField,
    ExpressionWrapper,
    F,
    Func,
    Model,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Concat

from releases.chain import ActivityFacts, ReleaseFacts, SlugFacts
from releases.models import (
    Access,
    Activity,
    AddOn,
    App,
    ConfigSet,
    ConfigVar,
    Mark,
    Release,
    Slug,
)

CHUNK = 2_000
# A slug may carry the titles of hundreds of commits, a set the ids of a thousand rows.
CHUNK_OF_LARGE_ROWS = 100

Row = TypeVar("Row", bound=tuple[object, ...])
AnyModel = TypeVar("AnyModel", bound=Model)


class VarRow(NamedTuple):
    """A config var, with the checksum that its ciphertext has now; None if erased."""

    app_id: uuid.UUID
    id: uuid.UUID
    name: str
    fingerprint: str
    ciphertext_sha256: str
    stored_sha256: str | None


class SetRow(NamedTuple):
    app_id: uuid.UUID
    id: uuid.UUID
    var_ids: list[uuid.UUID]
    digest: str
    fingerprint: str


class SlugRow(NamedTuple):
    app_id: uuid.UUID
    is_stored: bool
    facts: SlugFacts


class ActivityRow(NamedTuple):
    """An activity, with the version and the stored digest of the release it is about."""

    app_id: uuid.UUID
    digest: str
    version: int | None
    release_digest: str | None
    facts: ActivityFacts


class ReleaseRow(NamedTuple):
    app_id: uuid.UUID
    digest: str
    status: str
    settled_at: datetime | None
    slug_id: uuid.UUID | None
    config_digest: str
    facts: ReleaseFacts


class StandingRow(NamedTuple):
    """A mark, a permission or an add-on that an app has now, in words."""

    app_id: uuid.UUID
    sort: str
    name: str
    says: str


class ByApp(Generic[Row]):
    """Rows in order of their app's id, their first column, given out app by app."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._groups = groupby(rows, key=itemgetter(0))
        self._ahead = next(self._groups, None)

    def of(self, app: App) -> Iterator[Row]:
        """Give the rows of `app`; they must all be taken before those of the next one."""
        if self._ahead and self._ahead[0] == app.pk:
            yield from self._ahead[1]
            self._ahead = next(self._groups, None)


class Rows:
    """What `only` one app has, or each of them all; one transaction reads all of it."""

    def __init__(self, only: uuid.UUID | None = None) -> None:
        self._only = only
        self.apps = self._apps()
        self.config_vars = ByApp(self._config_vars())
        self.config_sets = ByApp(self._config_sets())
        self.slugs = ByApp(self._slugs())
        self.activities = ByApp(self._activities())
        self.releases = ByApp(self._releases())
        self.standing = ByApp(self._standing())

    def _of(self, rows: QuerySet[AnyModel]) -> QuerySet[AnyModel]:
        # By id: in order of "app" would be in order of their names.
        rows = rows.order_by("app_id")
        return rows.filter(app=self._only) if self._only else rows

    def _apps(self) -> Iterator[App]:
        apps = App.objects.select_related("owner", "current_release").order_by("pk")
        return (apps.filter(pk=self._only) if self._only else apps).iterator(CHUNK)

    def _config_vars(self) -> Iterator[VarRow]:
        checksum = Func(
            Func(F("ciphertext"), function="sha256"),
            Value("hex"),
            function="encode",
            output_field=CharField(),
        )
        rows = self._of(ConfigVar.objects.all()).values_list(
            "app_id", "id", "name", "fingerprint", "ciphertext_sha256", checksum
        )
        return map(VarRow._make, rows.iterator(CHUNK))

    def _config_sets(self) -> Iterator[SetRow]:
        rows = self._of(ConfigSet.objects.all()).values_list(*SetRow._fields)
        return map(SetRow._make, rows.iterator(CHUNK_OF_LARGE_ROWS))

    def _slugs(self) -> Iterator[SlugRow]:
        is_stored = ExpressionWrapper(
            Q(blob__stored_at__isnull=False, blob__deleted_at=None), BooleanField()
        )
        rows = self._of(Slug.objects.filter(sealed_at__isnull=False)).values_list(
            "app_id", is_stored, *SlugFacts._fields
        )
        return (
            SlugRow(row[0], row[1], SlugFacts._make(row[2:]))
            for row in rows.iterator(CHUNK_OF_LARGE_ROWS)
        )

    def _activities(self) -> Iterator[ActivityRow]:
        rows = self._of(Activity.objects.filter(app__isnull=False)).values_list(
            "app_id",
            "digest",
            "release__version",
            "release__digest",
            *ActivityFacts._fields,
        )
        return (
            ActivityRow._make([*row[:4], ActivityFacts._make(row[4:])])
            for row in rows.order_by("app_id", "sequence").iterator(CHUNK)
        )

    def _releases(self) -> Iterator[ReleaseRow]:
        rows = self._of(Release.objects.all()).values_list(
            "app_id",
            "digest",
            "status",
            "settled_at",
            "slug_id",
            "config_set__digest",
            *ReleaseFacts._fields,
        )
        return (
            ReleaseRow._make([*row[:6], ReleaseFacts._make(row[6:])])
            for row in rows.order_by("app_id", "version").iterator(CHUNK)
        )

    def _standing(self) -> Iterator[StandingRow]:
        marks = self._of(Mark.objects.filter(cleared_at=None)).values_list(
            "app_id",
            Value("mark"),
            Concat(
                Value("v"),
                "release__version",
                Value(" "),
                "kind",
                output_field=CharField(),
            ),
            "reason",
        )
        given = self._of(Access.objects.all()).values_list(
            "app_id",
            Value("access"),
            "user__email",
            Func(
                F("permissions"),
                Value(", "),
                function="array_to_string",
                output_field=CharField(),
            ),
        )
        addons = self._of(AddOn.objects.filter(detached_at=None)).values_list(
            "app_id", Value("add-on"), "name", "plan"
        )
        rows = (
            marks.order_by()
            .union(given.order_by(), addons.order_by(), all=True)
            .order_by("app_id")
        )
        return map(StandingRow._make, rows.iterator(CHUNK))
