"""Every read with its joins.

`visible_apps` and `find_app` ask for the permission; the others take the app they gave.
"""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from releases.actors import Actor
from releases.config import vars_of
from releases.errors import NotFound
from releases.models import (
    SYSTEM_ID,
    Access,
    Activity,
    AddOn,
    App,
    ConfigVar,
    Mark,
    Release,
    User,
)
from releases.permissions import Action, no_such_app, require, require_superuser
from releases.restoring import (
    Standpoint,
    eligible,
    last_known_good,
    standpoint,
    with_bad_mark,
)


def visible_apps(actor: Actor) -> QuerySet[App]:
    """Return the live apps that `actor` may see, in order of name."""
    live = App.objects.filter(deleted_at=None).select_related(
        "owner", "current_release__slug__blob"
    )
    if actor.user.is_system:
        return live
    user = User.objects.filter(pk=actor.user.pk, is_active=True).first()
    if user is None:
        return live.none()
    if user.is_superuser:
        return live
    given = Access.objects.filter(app=OuterRef("pk"), user=user)
    return live.filter(Q(owner=user) | Exists(given))


def find_app(name: str, *, actor: Actor, to_do: Action = Action.SEE) -> App:
    """Return a live app by name. Raises NotFound, or NotAllowed for who sees it only."""
    app = (
        App.objects.filter(name=name, deleted_at=None)
        .select_related("owner", "current_release__slug__blob")
        .first()
    )
    if app is None:
        raise no_such_app(name)
    require(actor, app, to_do)
    return app


def release_history(app: App, *, before: int | None = None) -> QuerySet[Release]:
    """Return the releases of `app`, newest first, those below version `before` only.

    Each says whether it is marked bad; slice before listing.
    """
    releases = with_bad_mark(app.releases.all())
    if before is not None:
        releases = releases.filter(version__lt=before)
    return releases.select_related(
        "slug__blob", "config_set", "restores", "actor"
    ).order_by("-version")


def find_release(app: App, version: int | None = None) -> Release:
    """Return release `version` of `app`, by default the current one."""
    releases = release_history(app)
    release = (
        releases.filter(pk=app.current_release_id)
        if version is None
        else releases.filter(version=version)
    ).first()
    if release is None:
        raise NotFound(f"{app} has no release v{version}.")
    return release


def standpoint_of(app: App) -> Standpoint:
    """Return where `app` stands, to judge other releases from."""
    current = find_release(app)
    [config_vars] = vars_of(current.config_set)
    return standpoint(app, current, config_vars)


def default_target(app: App) -> Release | None:
    """Return the last known good release of `app`, if there is one."""
    return last_known_good(standpoint_of(app))


def eligible_releases(app: App, releases: list[Release]) -> set[Release]:
    """Return those of `releases`, from `release_history`, that one may roll back to."""
    return eligible(standpoint_of(app), releases)


def activity_of(app: App, *, before: int | None = None) -> QuerySet[Activity]:
    """Return the timeline of `app`, newest first, below sequence `before` only."""
    activities = app.activities.select_related("release").order_by("-sequence")
    return activities if before is None else activities.filter(sequence__lt=before)


def release_at(app: App, moment: datetime) -> Release | None:
    """Return what was current at `moment`: the newest that had gone live by then."""
    return (
        release_history(app)
        .filter(
            status__in=[Release.Status.SUCCEEDED, Release.Status.EXPIRED],
            settled_at__lte=moment,
        )
        .first()
    )


def config_of(release: Release) -> QuerySet[ConfigVar]:
    """Return the config vars of `release` in order of name, still sealed."""
    return (
        ConfigVar.objects.defer("ciphertext")
        .filter(pk__in=release.config_set.var_ids)
        .select_related("addon")
        .order_by("name")
    )


def standing_marks(app: App) -> QuerySet[Mark]:
    """Return the marks of `app` that nobody cleared, those of newest releases first."""
    return (
        app.marks.filter(cleared_at=None)
        .select_related("release", "created_by")
        .order_by("-release__version", "kind")
    )


def attached_addons(app: App) -> QuerySet[AddOn]:
    return app.addons.filter(detached_at=None).order_by("name")


def people_of(app: App) -> QuerySet[Access]:
    return app.accesses.select_related("user").order_by("user__email")


def find_user(email: str) -> User:
    """Return the person with that e-mail, in whatever case it is typed."""
    email = email.strip().lower()
    user = User.objects.filter(email=email).first()
    if user is None or user.is_system:
        raise NotFound(f"There is no user {email[:254]}.")
    return user


def all_users(*, actor: Actor) -> QuerySet[User]:
    """Return everyone with an account, in order of e-mail. For superusers only."""
    require_superuser(actor, "see all users")
    return User.objects.exclude(pk=SYSTEM_ID).order_by("email")
