from collections.abc import Mapping, Sequence

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from releases.admin.base import Page, Table
from releases.admin.cells import Cell, code, link, minute, moment, person, shortened
from releases.admin.in_apps import APP, InAppsAdmin
from releases.management.console.words import listed
from releases.models import Activity, User

NAMES_SHOWN = 50
TOPIC = "topic"


class TopicFilter(admin.SimpleListFilter):
    """What lines are about; Django makes no choices of a generated field's."""

    title = parameter_name = TOPIC

    def lookups(
        self, request: HttpRequest, model_admin: "admin.ModelAdmin[Activity]"
    ) -> Sequence[tuple[str, str]]:
        return Activity.Topic.choices

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Activity]
    ) -> QuerySet[Activity]:
        topic = self.value()
        if topic not in Activity.Topic:
            return queryset
        return queryset.filter(topic=topic)


@admin.register(Activity)
class ActivityAdmin(InAppsAdmin[Activity]):
    list_display = [
        "when",
        "app_link",
        "kind",
        "what",
        "release_link",
        "by",
        "source",
    ]
    list_filter = [TopicFilter, "kind", "source"]
    list_select_related = ["app", "release", "actor"]
    search_fields = ["app__name__exact", "actor_email__exact"]
    search_help_text = (
        "The name of an app, then an e-mail if you like; or an e-mail. Filters look at"
        " the newest 10,000 lines, as do e-mails over all apps; only by topic an app is"
        " looked through to its first line."
    )
    page_select_related = ["app", "release", "actor"]
    order_in_app = ["-sequence"]
    grows = "id"
    numbered = "sequence"
    indexed = (TOPIC,)
    lookups = [APP, TOPIC]

    @admin.display(description="when (UTC)")
    def when(self, activity: Activity) -> Cell:
        return minute(activity.created_at)

    @admin.display(description="what")
    def what(self, activity: Activity) -> Cell:
        return shortened(activity.summary)

    @admin.display(description="app")
    def app_link(self, activity: Activity) -> Cell:
        return link(activity.app)

    @admin.display(description="release")
    def release_link(self, activity: Activity) -> Cell:
        return link(activity.release)

    @admin.display(description="by")
    def by(self, activity: Activity) -> Cell:
        return person(activity.actor, activity.actor_email)

    def ordering_in_app(self, request: HttpRequest) -> Sequence[str]:
        """Return the order that the index of topics has, where one is chosen."""
        by_topic = request.GET.get(TOPIC) in Activity.Topic
        return ["-id"] if by_topic else self.order_in_app

    def of_all_apps(
        self, queryset: QuerySet[Activity], word: str
    ) -> QuerySet[Activity] | None:
        return self.narrowed(queryset, word) if "@" in word else None

    def narrowed(self, queryset: QuerySet[Activity], word: str) -> QuerySet[Activity]:
        actor = User.objects.filter(email=word.lower()).first()
        return queryset.filter(actor=actor) if actor else queryset.none()

    def page(self, request: HttpRequest, row: Activity) -> Page:
        token = f", token {row.token_name}" if row.token_name else ""
        return Page(
            title=shortened(row.summary),
            facts=[
                ("Kind", row.get_kind_display()),
                ("What", row.summary),
                ("App", link(row.app)),
                ("Release", link(row.release)),
                ("By", person(row.actor, row.actor_email)),
                ("Through", f"{row.get_source_display()}{token}"),
                ("From", row.ip or ""),
                ("Request", code(row.request_id)),
                ("When", moment(row.created_at)),
                ("Line of its chain", f"{row.sequence:,}" if row.sequence else "none"),
                ("Digest", code(row.digest)),
            ],
            tables=[_detail(row), *_neighbours(row)],
        )


def _detail(activity: Activity) -> Table:
    """Show what else is known: names, never values."""
    return Table(
        title="Detail",
        heads=["What", "Which"],
        rows=[
            [name.replace("_", " "), _words(value)]
            for name, value in sorted(activity.detail.items())
        ],
    )


def _words(value: object) -> str:
    if isinstance(value, list):
        return listed([str(each) for each in value], at_most=NAMES_SHOWN) or "none"
    if isinstance(value, Mapping):
        return _words([f"{name}: {count}" for name, count in sorted(value.items())])
    if value is None or value == "":
        return "none"
    return str(value)


def _neighbours(activity: Activity) -> list[Table]:
    """Show the lines that the chain ties this one to, the one before and the one after."""
    if activity.sequence is None:
        return []
    lines = Activity.objects.filter(
        app=activity.app_id,
        sequence__in=[activity.sequence - 1, activity.sequence + 1],
    ).order_by("sequence")
    return [
        Table(
            title="Beside it in the chain",
            heads=["Line", "What", "When"],
            rows=[
                [
                    link(line, f"{line.sequence:,}"),
                    shortened(line.summary),
                    moment(line.created_at),
                ]
                for line in lines
            ],
        )
    ]
