"""What the admin's own templates ask for: models in groups, and the newest activity."""

from collections.abc import Iterable, Mapping, Sequence

from django.template import Library

from releases.models import (
    Access,
    Activity,
    AddOn,
    App,
    Blob,
    ConfigSet,
    ConfigVar,
    Mark,
    Release,
    Slug,
    User,
)

register = Library()

GROUPS = {
    "Ledger": [
        App,
        Release,
        Activity,
        Slug,
        Blob,
        ConfigSet,
        ConfigVar,
        AddOn,
        Mark,
    ],
    "People": [User, Access],
}
NEWEST = 10


@register.filter
def grouped(app_list: Iterable[Mapping[str, object]]) -> list[Mapping[str, object]]:
    """Return the admin's list of apps, ours as two: the ledger and people."""
    found: list[Mapping[str, object]] = []
    for app in app_list:
        if app["app_label"] == Release._meta.app_label:
            found += [
                {**app, "name": name, "models": _in_order(app["models"], models)}
                for name, models in GROUPS.items()
            ]
        else:
            found.append(app)
    return found


def _in_order(entries: object, models: Sequence[type]) -> list[Mapping[str, object]]:
    known = (
        {entry["model"]: entry for entry in entries}
        if isinstance(entries, list)
        else {}
    )
    return [known[model] for model in models if model in known]


@register.simple_tag
def newest_activity() -> list[Activity]:
    """Return the newest lines over all apps, newest first."""
    activities = Activity.objects.select_related("app", "release")
    return list(activities.order_by("-id")[:NEWEST])
