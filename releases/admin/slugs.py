from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from releases.admin.base import LedgerAdmin, Page, Table
from releases.admin.cells import Cell, code, link, minute, moment, person
from releases.admin.in_apps import InAppsAdmin
from releases.admin.tables import SHOWN, bounded, note_of, releases_table
from releases.management.console.words import counted, size
from releases.models import Blob, Slug

# Long enough to mean a commit, and no name of anything else.
COMMIT_LIMIT = 64


@admin.register(Slug)
class SlugAdmin(InAppsAdmin[Slug]):
    list_display = ["name", "app_link", "commit_title", "commit_author", "received"]
    list_select_related = ["app"]
    search_fields = ["app__name__exact", "commit__startswith"]
    search_help_text = (
        "The name of an app, then how a commit begins if you like."
        " There are slugs to see once an app is named."
    )
    page_select_related = ["app__current_release", "blob", "created_by"]
    order_in_app = ["-created_at", "-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Slug]:
        return super().get_queryset(request).defer("commits", "process_types")

    @admin.display(description="slug")
    def name(self, slug: Slug) -> Cell:
        return str(slug)

    @admin.display(description="app")
    def app_link(self, slug: Slug) -> Cell:
        return link(slug.app)

    @admin.display(description="received (UTC)")
    def received(self, slug: Slug) -> Cell:
        return minute(slug.sealed_at) or "not sealed"

    def narrowed(self, queryset: QuerySet[Slug], word: str) -> QuerySet[Slug]:
        return queryset.filter(commit__startswith=word.lower()[:COMMIT_LIMIT])

    def page(self, request: HttpRequest, row: Slug) -> Page:
        releases = row.releases.select_related("actor").order_by("-version")
        return Page(
            title=f"Slug {row} of {row.app}",
            facts=[
                ("App", link(row.app)),
                ("Commit", code(row.commit)),
                ("Title", row.commit_title),
                ("Author", row.commit_author),
                ("Built after", code(row.base_commit)),
                ("Bytes", blob_words(row.blob)),
                ("SHA-256", link(row.blob, code(row.blob_id)) if row.blob else ""),
                ("Stack", row.stack),
                ("Received by", person(row.created_by)),
                ("Received", moment(row.created_at)),
                ("Sealed", moment(row.sealed_at) or "not yet"),
                ("Id", code(row.pk)),
            ],
            tables=[
                process_types_table(row),
                releases_table("Releases that run it", releases, row.app),
                _commits_table(row),
            ],
        )


@admin.register(Blob)
class BlobAdmin(LedgerAdmin[Blob]):
    list_display = ["sha256", "size_words", "file_count", "stored", "pruned"]
    search_fields = ["sha256__startswith"]
    search_help_text = "How a SHA-256 begins."
    ordering = ["sha256"]

    @admin.display(description="size")
    def size_words(self, blob: Blob) -> Cell:
        return size(blob.size)

    @admin.display(description="stored (UTC)")
    def stored(self, blob: Blob) -> Cell:
        return minute(blob.stored_at)

    @admin.display(description="pruned (UTC)")
    def pruned(self, blob: Blob) -> Cell:
        return minute(blob.deleted_at)

    def page(self, request: HttpRequest, row: Blob) -> Page:
        slugs = row.slugs.select_related("app").defer("commits", "process_types")
        shown, more = bounded(slugs.order_by("-created_at"))
        return Page(
            title=f"Bytes {row}",
            facts=[
                ("SHA-256", code(row.sha256)),
                ("Size", size(row.size)),
                ("Unpacked", size(row.unpacked_size)),
                ("Files", f"{row.file_count:,}"),
                ("Stored", moment(row.stored_at) or "never"),
                ("Pruned", moment(row.deleted_at)),
            ],
            tables=[
                Table(
                    title="Slugs of these bytes",
                    heads=["Slug", "App", "Title", "Received"],
                    rows=[
                        [
                            link(slug),
                            link(slug.app),
                            slug.commit_title,
                            moment(slug.created_at),
                        ]
                        for slug in shown
                    ],
                    note=note_of(more=more),
                )
            ],
        )


def blob_words(blob: Blob | None) -> str:
    if blob is None:
        return "none yet"
    gone = "" if blob.is_stored else "pruned; it was "
    return f"{gone}{size(blob.size)}, {counted(blob.file_count, 'file')}"


def process_types_table(slug: Slug) -> Table:
    types = sorted(slug.process_types.items())
    return Table(
        title="Process types",
        heads=["Type", "Command"],
        rows=[[code(name), code(command)] for name, command in types[:SHOWN]],
        note=note_of(more=len(types) > SHOWN),
    )


def _commits_table(slug: Slug) -> Table:
    shown = slug.commits[:SHOWN]
    more = slug.commits_total - len(shown)
    return Table(
        title="Commits since the slug before it",
        heads=["Commit", "Title", "Author"],
        rows=[[code(each["sha"][:7]), each["title"], each["author"]] for each in shown],
        note=f"And {more:,} more." if more > 0 else "",
        empty="Not known.",
    )
