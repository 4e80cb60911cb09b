"""Lists of what belongs to apps: that of one app, or the newest of all."""

from collections.abc import Collection, Sequence
from typing import ClassVar
from uuid import UUID

from django.contrib.admin.views.main import (
    ERROR_FLAG,
    IGNORED_PARAMS,
    PAGE_VAR,
)
from django.db.models import F, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest

from releases.admin.base import LedgerAdmin
from releases.admin.generic import Row
from releases.models import App

APP = "app__id__exact"
NO_FILTER = {*IGNORED_PARAMS, ERROR_FLAG, PAGE_VAR}


class InAppsAdmin(LedgerAdmin[Row]):
    """Lists the rows of the app that was searched for, or the newest of all apps.

    `order_in_app` is an order that an index has for one app; `grows` a field with an
    index that grows with time. Without one an app has to be named, unless there are
    few rows. `numbered` is a field with an index that grows within an app, if one app
    may have many rows; `indexed` are filters that an index has for one app.
    """

    list_select_related = ["app"]
    lookups = [APP]
    order_in_app: ClassVar[Sequence[str]]
    grows: ClassVar[str] = ""
    numbered: ClassVar[str] = ""
    indexed: ClassVar[Collection[str]] = ()
    needs_app: ClassVar[bool] = True
    window: ClassVar[int] = 10_000

    def get_ordering(self, request: HttpRequest) -> list[str | Combinable]:
        return [f"-{self.grows}", "-pk"] if self.grows else [*self.order_in_app]

    def ordering_in_app(self, request: HttpRequest) -> Sequence[str]:
        return self.order_in_app

    def narrowed(self, queryset: QuerySet[Row], word: str) -> QuerySet[Row]:
        """Return those rows of one app that `word` means, the second of a search."""
        return queryset.none()

    def of_all_apps(self, queryset: QuerySet[Row], word: str) -> QuerySet[Row] | None:
        """Return what `word` means if it is no name of an app."""
        return None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Row], search_term: str
    ) -> tuple[QuerySet[Row], bool]:
        words = search_term.split()
        if APP in request.GET:
            return self._in_app(request, queryset, request.GET[APP], words), False
        if words:
            found = self.of_all_apps(queryset, words[0])
            if found is not None:
                return self._newest(found), False
            app = app_called(words[0])
            if app is None:
                self.message_user(request, f"There is no app called {words[0][:40]}.")
                return queryset.none(), False
            of_app = queryset.filter(app=app)
            return self._in_app(request, of_app, app.pk, words[1:]), False
        if not self.grows:
            return (queryset.none() if self.needs_app else queryset), False
        return self._newest(queryset) if _is_filtered(request) else queryset, False

    def _in_app(
        self,
        request: HttpRequest,
        queryset: QuerySet[Row],
        app_id: UUID | str,
        words: Sequence[str],
    ) -> QuerySet[Row]:
        for word in words[:3]:
            queryset = self.narrowed(queryset, word)
        if self.numbered and _is_filtered(request, but_by={APP, *self.indexed}):
            of_app = self.model._default_manager.filter(app=app_id)
            queryset = self._windowed(queryset, of_app, self.numbered)
        return queryset.order_by(*self.ordering_in_app(request))

    def _newest(self, queryset: QuerySet[Row]) -> QuerySet[Row]:
        if not self.grows:
            return queryset
        return self._windowed(queryset, self.model._default_manager.all(), self.grows)

    def _windowed(
        self, queryset: QuerySet[Row], every: QuerySet[Row], field: str
    ) -> QuerySet[Row]:
        """Let a filter look at the newest rows only: what it wants may be rare.

        The oldest is asked for by itself, so that PostgreSQL knows how few these are.
        """
        fields = every.order_by(f"-{field}").values_list(field, flat=True)
        oldest = fields[self.window - 1 :].first()
        if oldest is None:
            return queryset
        return queryset.filter(**{f"{field}__gte": oldest})


def app_called(name: str) -> App | None:
    """Return the app of that name: the live one, or else the last that had it."""
    return (
        App.objects.filter(name=name)
        .order_by(F("deleted_at").desc(nulls_first=True))
        .first()
    )


def _is_filtered(request: HttpRequest, *, but_by: Collection[str] = ()) -> bool:
    return any(name not in {*NO_FILTER, *but_by} for name in request.GET)
