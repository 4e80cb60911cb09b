"""Lists that stay quick over a million rows: bounded counts, orders that an index has."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Literal

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, Q, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest
from django.utils.functional import cached_property

from releases.admin.generic import Paginator, Row


class BoundedPaginator(Paginator[Row]):
    """Counts to a limit and no further, and has pages as far as it counted."""

    count_limit = 2_000

    @cached_property
    def _found(self) -> int:
        rows = self.object_list
        if isinstance(rows, QuerySet):
            # In their order, so that the index is walked that the page is read by.
            return rows[: self.count_limit + 1].count()
        return len(rows)

    @cached_property
    def count(self) -> int:
        return min(self._found, self.count_limit)

    @property
    def has_more(self) -> bool:
        """Whether there are rows beyond those counted."""
        return self._found > self.count_limit


class LedgerChangeList(ChangeList):
    """A list in the one order its admin gives, whatever the address asks for."""

    def get_results(self, request: HttpRequest) -> None:
        """Find a page's rows by themselves, and only then what they belong to.

        Joined at once, PostgreSQL joins every row of the pages before it too.
        """
        super().get_results(request)
        keys = list(self.result_list.values_list("pk", flat=True))
        rows = self.apply_select_related(self.root_queryset.order_by()).in_bulk(keys)
        self.result_list = [rows[key] for key in keys if key in rows]

    def get_ordering(
        self, request: HttpRequest, queryset: QuerySet[Model]
    ) -> list[str | Combinable]:
        return list(self.model_admin.get_ordering(request))

    def get_ordering_field_columns(self) -> dict[int, Literal["desc", "asc"]]:
        return {}


class StateFilter(SimpleListFilter):
    """Shows the rows of one state, by default the first."""

    title = "state"
    parameter_name = "state"
    states: ClassVar[Mapping[str, tuple[str, Q]]]

    def lookups(
        self, request: HttpRequest, model_admin: "ModelAdmin[Model]"
    ) -> Sequence[tuple[str, str]]:
        return [(name, words) for name, (words, _) in self.states.items()]

    def chosen(self) -> str:
        value = self.value() or ""
        return value if value in self.states else next(iter(self.states))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Row]) -> QuerySet[Row]:
        return queryset.filter(self.states[self.chosen()][1])

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, object]]:  # type: ignore[override]  # no choice of all
        for name, (words, _) in self.states.items():
            yield {
                "selected": name == self.chosen(),
                "query_string": changelist.get_query_string({"state": name}),
                "display": words,
            }
