from collections.abc import Mapping
from typing import ClassVar

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from releases.admin.base import Page
from releases.admin.cells import Cell, code, joined, link, minute, moment, person
from releases.admin.in_apps import InAppsAdmin
from releases.admin.lists import StateFilter
from releases.models import AddOn


class AddOnState(StateFilter):
    states: ClassVar[Mapping[str, tuple[str, Q]]] = {
        "attached": ("Attached", Q(detached_at=None)),
        "detached": ("Detached", Q(detached_at__isnull=False)),
    }


@admin.register(AddOn)
class AddOnAdmin(InAppsAdmin[AddOn]):
    list_display = ["name", "app_link", "plan", "attached", "detached"]
    list_filter = [AddOnState]
    search_fields = ["app__name__exact"]
    search_help_text = "The name of an app."
    page_select_related = ["app", "attached_by", "detached_by"]
    order_in_app = ["name", "pk"]
    needs_app = False

    @admin.display(description="app")
    def app_link(self, addon: AddOn) -> Cell:
        return link(addon.app)

    @admin.display(description="attached (UTC)")
    def attached(self, addon: AddOn) -> Cell:
        return minute(addon.attached_at)

    @admin.display(description="detached (UTC)")
    def detached(self, addon: AddOn) -> Cell:
        return minute(addon.detached_at)

    def page(self, request: HttpRequest, row: AddOn) -> Page:
        return Page(
            title=row.name,
            facts=[
                ("App", link(row.app)),
                ("Service", row.service),
                ("Plan", row.plan),
                ("Config vars", joined(code(name) for name in row.config_var_names)),
                ("Attached", moment(row.attached_at)),
                ("Attached by", person(row.attached_by)),
                ("Detached", moment(row.detached_at)),
                ("Detached by", person(row.detached_by)),
                ("Id", code(row.pk)),
            ],
        )
