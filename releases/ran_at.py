"""What all apps ran at a moment, in pages by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery

from releases.actors import Actor
from releases.models import App, Release
from releases.queries import WENT_LIVE, visible_apps

PAGE = 50


@dataclass(frozen=True)
class RanAt:
    app: App
    release: Release


@dataclass(frozen=True)
class RanPage:
    """Apps with what was current then; `more` is the name after which the next begin."""

    ran: Sequence[RanAt]
    more: str


def ran_at(
    actor: Actor,
    moment: datetime,
    *,
    search: str = "",
    after: str = "",
    size: int = PAGE,
) -> RanPage:
    """Return what those apps ran that `actor` may see now and that were there then.

    `search` is in their names. Apps that were destroyed since are not told about.
    """
    gone_live = Release.objects.filter(
        app=OuterRef("pk"), status__in=WENT_LIVE, settled_at__lte=moment
    ).order_by("-version")
    apps = visible_apps(actor).filter(created_at__lte=moment, name__gt=after)
    if search:
        apps = apps.filter(name__contains=search.lower())
    then = Subquery(gone_live.values("pk")[:1])
    found = list(apps.annotate(then=then).order_by("name")[: size + 1])
    shown = found[:size]
    releases = Release.objects.select_related("slug").in_bulk(
        [app.then for app in shown if app.then]
    )
    return RanPage(
        ran=[RanAt(app, releases[app.then]) for app in shown if app.then],
        more=shown[-1].name if len(found) > size else "",
    )
