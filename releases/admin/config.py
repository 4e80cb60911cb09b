from django.contrib import admin
from django.db.models import F, Func, IntegerField, QuerySet
from django.http import HttpRequest

from releases.admin.base import Page, Table
from releases.admin.cells import (
    Cell,
    anchor,
    code,
    link,
    list_of_app_url,
    masked,
    minute,
    moment,
    person,
)
from releases.admin.in_apps import InAppsAdmin
from releases.admin.tables import releases_table
from releases.management.console.words import counted
from releases.models import ConfigSet, ConfigVar

# What an app may have at most (releases.operations.change_config).
KEYS_SHOWN = 1_000
# A value, its ciphertext, and what either could be told by.
HIDDEN = ("ciphertext", "ciphertext_sha256", "fingerprint")


@admin.register(ConfigSet)
class ConfigSetAdmin(InAppsAdmin[ConfigSet]):
    list_display = ["name", "app_link", "key_count", "created"]
    search_fields = ["app__name__exact"]
    search_help_text = (
        "The name of an app. There are config sets to see once an app is named."
    )
    page_select_related = ["app__current_release"]
    order_in_app = ["-created_at", "-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ConfigSet]:
        size = Func(F("var_ids"), function="cardinality", output_field=IntegerField())
        return super().get_queryset(request).defer("var_ids").annotate(size=size)

    @admin.display(description="config set")
    def name(self, config_set: ConfigSet) -> Cell:
        return code(str(config_set.pk)[:8])

    @admin.display(description="app")
    def app_link(self, config_set: ConfigSet) -> Cell:
        return link(config_set.app)

    @admin.display(description="keys")
    def key_count(self, config_set: ConfigSet) -> Cell:
        return f"{getattr(config_set, 'size', 0):,}"

    @admin.display(description="created (UTC)")
    def created(self, config_set: ConfigSet) -> Cell:
        return minute(config_set.created_at)

    def page(self, request: HttpRequest, row: ConfigSet) -> Page:
        releases = row.releases.select_related("actor").order_by("-version")
        return Page(
            title=f"Config of {row.app}, {counted(len(row.var_ids), 'key')}",
            facts=[
                ("App", link(row.app)),
                ("Keys", f"{len(row.var_ids):,}"),
                ("Created", moment(row.created_at)),
                ("Id", code(row.pk)),
            ],
            tables=[
                releases_table("Releases that run with it", releases, row.app),
                _keys_table(row),
            ],
        )


@admin.register(ConfigVar)
class ConfigVarAdmin(InAppsAdmin[ConfigVar]):
    list_display = [
        "name",
        "value",
        "app_link",
        "addon_link",
        "by",
        "created",
        "erased",
    ]
    list_select_related = ["app", "addon", "created_by"]
    search_fields = ["app__name__exact", "name__exact"]
    search_help_text = (
        "The name of an app, then a key if you like."
        " There are config vars to see once an app is named."
    )
    page_select_related = ["app", "addon", "created_by"]
    page_deferred = HIDDEN
    order_in_app = ["name", "-created_at", "-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ConfigVar]:
        return super().get_queryset(request).defer(*HIDDEN)

    @admin.display(description="value")
    def value(self, var: ConfigVar) -> Cell:
        return _value(var)

    @admin.display(description="app")
    def app_link(self, var: ConfigVar) -> Cell:
        return link(var.app)

    @admin.display(description="add-on")
    def addon_link(self, var: ConfigVar) -> Cell:
        return link(var.addon)

    @admin.display(description="set by")
    def by(self, var: ConfigVar) -> Cell:
        return person(var.created_by)

    @admin.display(description="set (UTC)")
    def created(self, var: ConfigVar) -> Cell:
        return minute(var.created_at)

    @admin.display(description="erased (UTC)")
    def erased(self, var: ConfigVar) -> Cell:
        return minute(var.erased_at)

    def narrowed(self, queryset: QuerySet[ConfigVar], word: str) -> QuerySet[ConfigVar]:
        return queryset.filter(name=word)

    def page(self, request: HttpRequest, row: ConfigVar) -> Page:
        others = list_of_app_url(ConfigVar, row.app, row.name)
        return Page(
            title=f"{row.name} of {row.app}",
            facts=[
                ("App", link(row.app)),
                ("Key", code(row.name)),
                ("Value", _value(row)),
                ("Add-on", link(row.addon)),
                ("Set by", person(row.created_by)),
                ("Set", moment(row.created_at)),
                ("Erased", moment(row.erased_at)),
                ("Over time", anchor(others, f"Every value {row.name} ever had")),
                ("Id", code(row.pk)),
            ],
        )


def _value(var: ConfigVar) -> Cell:
    return masked() if var.erased_at is None else "erased"


def _keys_table(config_set: ConfigSet) -> Table:
    config_vars = (
        ConfigVar.objects.defer(*HIDDEN)
        .filter(pk__in=config_set.var_ids[:KEYS_SHOWN])
        .select_related("addon", "created_by")
        .order_by("name")
    )
    return Table(
        title="Config vars",
        heads=["Key", "Value", "Add-on", "Set by", "Set"],
        rows=[
            [
                link(var, code(var.name)),
                _value(var),
                link(var.addon),
                person(var.created_by),
                moment(var.created_at),
            ]
            for var in config_vars
        ],
    )
