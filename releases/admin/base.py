"""What every admin page has in common: who gets in, and that nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst

from releases.actors import Actor
from releases.admin.cells import Cell
from releases.admin.generic import ModelAdmin, Row
from releases.admin.lists import BoundedPaginator, LedgerChangeList
from releases.models import Source, User

# No text of PostgreSQL holds it, and to ask for it is an error.
NUL = "\0"


@dataclass(frozen=True)
class Table:
    """Some rows about the thing that a page is about, bounded by who makes it."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: Cell = ""
    empty: str = "None."


@dataclass(frozen=True)
class Page:
    """What the page of a row shows. `tools` are links: where they go, and their words."""

    title: str
    facts: Sequence[tuple[str, Cell]]
    tables: Sequence[Table] = ()
    tools: Sequence[tuple[str, str]] = ()


class LedgerAdmin(ModelAdmin[Row]):
    """Shows rows to superusers, and lets nobody write past the operations."""

    actions = None
    empty_value_display = ""
    list_max_show_all = 0
    list_per_page = 50
    paginator = BoundedPaginator
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    sortable_by = ()

    page_template: ClassVar[str] = "admin/releases/page.html"
    page_select_related: ClassVar[Sequence[str]] = ()
    page_deferred: ClassVar[Sequence[str]] = ()
    lookups: ClassVar[Sequence[str]] = ()

    def page(self, request: HttpRequest, row: Row) -> Page:
        """Return what the page of `row` shows."""
        raise NotImplementedError

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return is_superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Row | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Row | None = None
    ) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow what the lists themselves link to.

        Anything else would scan a table, or ask yes and no about what is never shown.
        """
        fields = [name for name in self.list_filter if isinstance(name, str)]
        return NUL not in value and lookup in {
            "state",
            *self.lookups,
            *(f"{name}__exact" for name in fields),
        }

    def get_changelist(
        self, request: HttpRequest, **kwargs: object
    ) -> type[LedgerChangeList]:
        return LedgerChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        title = capfirst(str(self.opts.verbose_name_plural))
        return super().changelist_view(
            request, {"title": title, **(extra_context or {})}
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """Show one row; there is nothing to send."""
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        row = self.found(request, object_id)
        context = self.page_context(request, row)
        return self.respond(request, self.page_template, context, row=row)

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """Have none: the history of everything is its activity."""
        raise Http404

    def page_context(self, request: HttpRequest, row: Row) -> dict[str, object]:
        page = self.page(request, row)
        return {"page": page, "title": page.title}

    def found(self, request: HttpRequest, object_id: str) -> Row:
        """Return the row that an address names, for those who may see it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if NUL in object_id:
            raise Http404
        rows = self.model._default_manager.select_related(*self.page_select_related)
        try:
            return rows.defer(*self.page_deferred).get(pk=object_id)
        except (ObjectDoesNotExist, ValidationError, ValueError):
            raise Http404 from None

    def respond(
        self,
        request: HttpRequest,
        template: str,
        context: dict[str, object],
        *,
        row: Row | None = None,
        status: int = 200,
    ) -> HttpResponse:
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            template,
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": row,
                **context,
            },
            status=status,
        )


def is_superuser(request: HttpRequest) -> bool:
    return request.user.is_active and request.user.is_superuser


def acting(request: HttpRequest) -> Actor:
    """Return who acts through the admin, and from where."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return Actor(
        user=request.user,
        source=Source.WEB,
        ip=request.META.get("REMOTE_ADDR") or None,
        request_id=request.META.get("ROLLBOOK_REQUEST_ID", ""),
    )
