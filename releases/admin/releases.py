from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from releases.admin.base import Page, acting
from releases.admin.cells import (
    Cell,
    joined,
    keys,
    link,
    list_of_app_url,
    minute,
    page_url,
    person,
    release_tags,
    shortened,
)
from releases.admin.comparison import Comparison, compared
from releases.admin.in_apps import InAppsAdmin
from releases.admin.lists import LedgerChangeList
from releases.admin.release_facts import release_facts, release_parts, release_tables
from releases.lineage import keys_changed_by
from releases.models import Release, Slug
from releases.models.release import version_in

# As short as git writes a commit: digits alone may be one.
SHORT_COMMIT = 7
COMMIT_LIMIT = 64


class ReleaseChangeList(LedgerChangeList):
    """Notes on each release of a page which keys it changed, in one query for all."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        changes = keys_changed_by(self.result_list)
        for release in self.result_list:
            release.changed_keys = changes.get(release.pk, [])


@admin.register(Release)
class ReleaseAdmin(InAppsAdmin[Release]):
    list_display = [
        "release",
        "app_link",
        "state",
        "changed_keys",
        "created",
        "what",
        "by",
    ]
    list_filter = ["kind", "status", "source"]
    list_select_related = ["app", "actor"]
    search_fields = ["app__name__exact", "version__exact", "slug__commit__startswith"]
    search_help_text = (
        "The name of an app, then a version or how a commit begins if you like."
        " Filters look at the newest 10,000 releases."
    )
    page_template = "admin/releases/release/page.html"
    page_select_related = [
        "app__current_release",
        "slug__blob",
        "config_set",
        "restores",
        "actor",
    ]
    order_in_app = ["-version"]
    grows = "created_at"
    numbered = "version"

    def get_changelist(
        self, request: HttpRequest, **kwargs: object
    ) -> type[LedgerChangeList]:
        return ReleaseChangeList

    @admin.display(description="release")
    def release(self, release: Release) -> Cell:
        return str(release)

    @admin.display(description="app")
    def app_link(self, release: Release) -> Cell:
        return link(release.app)

    @admin.display(description="state")
    def state(self, release: Release) -> Cell:
        return joined(release_tags(release, release.app), " ")

    @admin.display(description="what")
    def what(self, release: Release) -> Cell:
        return shortened(release.description)

    @admin.display(description="config keys")
    def changed_keys(self, release: Release) -> Cell:
        return keys(getattr(release, "changed_keys", []))

    @admin.display(description="by")
    def by(self, release: Release) -> Cell:
        return person(release.actor, release.actor_email)

    @admin.display(description="when (UTC)")
    def created(self, release: Release) -> Cell:
        return minute(release.created_at)

    def narrowed(self, queryset: QuerySet[Release], word: str) -> QuerySet[Release]:
        version = version_in(word)
        if version is not None and len(word) < SHORT_COMMIT:
            return queryset.filter(version=version)
        slugs = Slug.objects.filter(commit__startswith=word.lower()[:COMMIT_LIMIT])
        return queryset.filter(Q(slug__in=slugs) | Q(version=version))

    def page(self, request: HttpRequest, row: Release) -> Page:
        app = row.app
        beside = app.releases.filter(version__in=[row.version - 1, row.version + 1])
        return Page(
            title=f"{row} of {app}",
            facts=release_facts(row),
            tables=release_tables(row),
            tools=[
                (list_of_app_url(Release, app), f"Releases of {app}"),
                *(
                    (page_url(other), str(other))
                    for other in beside.order_by("version")
                ),
            ],
        )

    def page_context(self, request: HttpRequest, row: Release) -> dict[str, object]:
        comparison: Comparison = compared(
            row, request.GET.get("against", ""), actor=acting(request)
        )
        return {
            **super().page_context(request, row),
            "comparison": comparison,
            "parts": release_parts(row),
        }
