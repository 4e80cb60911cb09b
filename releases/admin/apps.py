from collections.abc import Mapping
from typing import ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from releases.admin.base import LedgerAdmin, Page, Table
from releases.admin.cells import (
    Cell,
    add_url,
    anchor,
    code,
    joined,
    link,
    list_of_app_url,
    minute,
    moment,
    person,
    tag,
)
from releases.admin.lists import StateFilter
from releases.admin.tables import (
    access_table,
    activities_table,
    bounded,
    marks_table,
    note_of,
    releases_table,
)
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
from releases.queries import attached_addons, people_of

LISTS = {
    "Releases": Release,
    "Activity": Activity,
    "Slugs": Slug,
    "Config sets": ConfigSet,
    "Config vars": ConfigVar,
}


class AppState(StateFilter):
    states: ClassVar[Mapping[str, tuple[str, Q]]] = {
        "live": ("Live", Q(deleted_at=None)),
        "held": ("Live, deploys held", Q(deleted_at=None, held_at__isnull=False)),
        "destroyed": ("Destroyed", Q(deleted_at__isnull=False)),
    }


@admin.register(App)
class AppAdmin(LedgerAdmin[App]):
    list_display = ["name", "owner_link", "current", "state", "released"]
    list_filter = [AppState]
    list_select_related = ["owner", "current_release"]
    search_fields = ["name__startswith"]
    search_help_text = "How the name of an app begins."
    ordering = ["name", "pk"]
    page_select_related = ["owner", "current_release", "held_by"]

    @admin.display(description="owner")
    def owner_link(self, app: App) -> Cell:
        return person(app.owner)

    @admin.display(description="current release")
    def current(self, app: App) -> Cell:
        return link(app.current_release)

    @admin.display(description="state")
    def state(self, app: App) -> Cell:
        return joined(_tags(app), " ")

    @admin.display(description="released (UTC)")
    def released(self, app: App) -> Cell:
        return minute(app.released_at)

    def page(self, request: HttpRequest, row: App) -> Page:
        return Page(
            title=row.name,
            facts=_facts(row),
            tables=_tables(row),
            tools=[
                *(
                    (list_of_app_url(model, row), words)
                    for words, model in LISTS.items()
                ),
                *(
                    []
                    if row.deleted_at
                    else [(add_url(Access, app=row), "Give access")]
                ),
            ],
        )


def _tags(app: App) -> list[Cell]:
    tags: list[Cell] = []
    if app.deleted_at:
        tags.append(tag("Destroyed", "tag-bad"))
    if app.is_held:
        tags.append(tag("Deploys held", "tag-warn"))
    if app.maintenance:
        tags.append(tag("Maintenance", "tag-warn"))
    return tags


def _facts(app: App) -> list[tuple[str, Cell]]:
    held = [app.hold_reason, person(app.held_by), moment(app.held_at)]
    return [
        ("State", joined(_tags(app), " ")),
        ("Current release", link(app.current_release)),
        ("Owner", person(app.owner)),
        ("Stack", app.stack),
        ("Deploys held", joined(held) if app.is_held else ""),
        ("Kept keys", joined(code(name) for name in app.kept_keys)),
        ("Releases", f"{app.last_version:,}"),
        ("Lines in its chain", f"{app.chain_length:,}"),
        ("Head of its chain", code(app.chain_head)),
        ("Released", moment(app.released_at)),
        ("Created", moment(app.created_at)),
        ("Destroyed", moment(app.deleted_at)),
        ("Id", code(app.pk)),
    ]


def _tables(app: App) -> list[Table]:
    releases = app.releases.select_related("actor").order_by("-version")
    activities = app.activities.select_related("actor").order_by("-sequence")
    return [
        releases_table(
            "Releases",
            releases,
            app,
            everything=anchor(list_of_app_url(Release, app), "All releases"),
        ),
        marks_table(
            _standing_marks(app),
            everything=anchor(list_of_app_url(Mark, app), "All marks"),
        ),
        _addons_table(app),
        access_table(
            people_of(app).select_related("app"),
            everything=anchor(list_of_app_url(Access, app), "All access"),
        ),
        activities_table(
            activities,
            everything=anchor(list_of_app_url(Activity, app), "All activity"),
        ),
    ]


def _standing_marks(app: App) -> QuerySet[Mark]:
    """Return the newest first, and their releases afterwards: pins may be many."""
    standing = app.marks.filter(cleared_at=None).order_by("-pk")
    return standing.select_related("created_by").prefetch_related("release")


def _addons_table(app: App) -> Table:
    shown, more = bounded(attached_addons(app))
    return Table(
        title="Add-ons",
        heads=["Add-on", "Plan", "Config vars", "Attached"],
        rows=[
            [
                link(addon),
                addon.plan,
                joined(code(name) for name in addon.config_var_names),
                moment(addon.attached_at),
            ]
            for addon in shown
        ],
        note=note_of(
            more=more, everything=anchor(list_of_app_url(AddOn, app), "All add-ons")
        ),
    )
