from collections.abc import Mapping
from typing import ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from releases.admin.base import Page
from releases.admin.cells import Cell, link, minute, moment, person
from releases.admin.in_apps import InAppsAdmin
from releases.admin.lists import StateFilter
from releases.admin.tables import cleared
from releases.models import Mark
from releases.models.release import version_in


class MarkState(StateFilter):
    states: ClassVar[Mapping[str, tuple[str, Q]]] = {
        "all": ("All", Q()),
        "standing": ("Standing", Q(cleared_at=None)),
        "cleared": ("Cleared", Q(cleared_at__isnull=False)),
    }


@admin.register(Mark)
class MarkAdmin(InAppsAdmin[Mark]):
    list_display = ["kind", "app_link", "release_link", "reason", "by", "when", "state"]
    list_filter = ["kind", MarkState]
    list_select_related = ["app", "release", "created_by", "cleared_by"]
    search_fields = ["app__name__exact"]
    search_help_text = "The name of an app, then a version if you like."
    page_select_related = ["app", "release", "created_by", "cleared_by"]
    order_in_app = ["-id"]
    grows = "id"

    @admin.display(description="app")
    def app_link(self, mark: Mark) -> Cell:
        return link(mark.app)

    @admin.display(description="release")
    def release_link(self, mark: Mark) -> Cell:
        return link(mark.release)

    @admin.display(description="by")
    def by(self, mark: Mark) -> Cell:
        return person(mark.created_by)

    @admin.display(description="when (UTC)")
    def when(self, mark: Mark) -> Cell:
        return minute(mark.created_at)

    @admin.display(description="cleared")
    def state(self, mark: Mark) -> Cell:
        return cleared(mark)

    def narrowed(self, queryset: QuerySet[Mark], word: str) -> QuerySet[Mark]:
        version = version_in(word)
        if version is None:
            return queryset.none()
        return queryset.filter(release__version=version)

    def page(self, request: HttpRequest, row: Mark) -> Page:
        return Page(
            title=f"{row.get_kind_display()}: {row.release} of {row.app}",
            facts=[
                ("Mark", row.get_kind_display()),
                ("Release", link(row.release)),
                ("App", link(row.app)),
                ("Reason", row.reason),
                ("By", person(row.created_by)),
                ("When", moment(row.created_at)),
                ("Cleared", cleared(row)),
            ],
        )
