"""Every read with its joins.

`visible_apps`, `find_app` and `open_app` ask for the permission; the others take the
app that they gave. `app_to_change` leaves asking to the operation that it is for.
"""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery

from releases.actors import Actor
from releases.config import vars_of
from releases.errors import NotFound
from releases.models import (
    SYSTEM_ID,
    Access,
    AddOn,
    App,
    ConfigSet,
    ConfigVar,
    Mark,
    Release,
    ReleaseOutput,
    Slug,
    Token,
    User,
)
from releases.models.running import RELEASE_PHASE
from releases.permissions import (
    Action,
    allowed,
    no_such_app,
    permissions_of,
    require,
    require_superuser,
)
from releases.restoring import (
    eligible,
    standpoint,
    with_bad_mark,
)

_LISTED_OF_SLUGS = ("commit", "process_types", "blob__stored_at", "blob__deleted_at")
WENT_LIVE = [Release.Status.SUCCEEDED, Release.Status.EXPIRED]


def visible_apps(actor: Actor) -> QuerySet[App]:
    """Return the live apps that `actor` may see, in order of name."""
    live = App.objects.filter(deleted_at=None).select_related(
        "owner", "held_by", "current_release__slug__blob"
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
    """Return a live app by name, with nothing joined.

    Raises NotFound, or NotAllowed for who may see it only.
    """
    app = App.objects.filter(name=name, deleted_at=None).first()
    if app is None:
        raise no_such_app(name)
    require(actor, app, to_do)
    return app


def open_app(name: str, *, actor: Actor) -> tuple[App, frozenset[Action]]:
    """Return a live app by name, and all that `actor` may do to it, in one statement.

    Raises NotFound for who may not see it.
    """
    person = User.objects.filter(pk=actor.user.pk, is_active=True)
    access = Access.objects.filter(app=OuterRef("pk"), user=actor.user.pk)
    app = (
        App.objects.filter(name=name, deleted_at=None)
        .select_related("owner", "held_by", "current_release__slug__blob")
        .annotate(
            is_superusers=Subquery(person.values("is_superuser")),
            given=Subquery(access.values("permissions")),
        )
        .first()
    )
    if app is None or app.is_superusers is None:
        raise no_such_app(name)
    permissions = permissions_of(
        actor, app, is_superuser=app.is_superusers, given=app.given
    )
    actions = allowed(permissions)
    if Action.SEE not in actions:
        raise no_such_app(name)
    return app, actions


def app_to_change(name: str) -> App:
    """Return a live app by name with nothing else read, just to hand it to an operation.

    That reads it anew once it is locked, and asks what its actor may do.
    """
    app = App.objects.filter(name=name, deleted_at=None).only("name").first()
    if app is None:
        raise no_such_app(name)
    return app


def release_history(app: App, *, before: int | None = None) -> QuerySet[Release]:
    """Return the releases of `app`, newest first, those below version `before` only.

    Each says whether it is marked bad; slice before listing. What releases share, their
    slugs above all, is read once rather than joined to each, and no more of it than
    lists show or judge by.
    """
    releases = with_bad_mark(app.releases.all())
    if before is not None:
        releases = releases.filter(version__lt=before)
    return releases.prefetch_related(
        Prefetch("slug", Slug.objects.select_related("blob").only(*_LISTED_OF_SLUGS)),
        Prefetch("config_set", ConfigSet.objects.only("var_ids")),
        Prefetch("restores", Release.objects.only("version")),
    ).order_by("-version")


def newest_releases(app: App) -> QuerySet[Release]:
    """Return the releases of `app` to choose from, newest first: slice before listing."""
    return app.releases.order_by("-version").only("version", "description")


def find_release(app: App, version: int | None = None) -> Release:
    """Return release `version` of `app`, by default the current one."""
    releases = _with_joins(app.releases.all())
    release = (
        releases.filter(pk=app.current_release_id)
        if version is None
        else releases.filter(version=version)
    ).first()
    if release is None:
        raise NotFound(f"{app} has no release v{version}.")
    return release


def pending_release(app: App) -> Release | None:
    """Return the release of `app` that is on its way, if there is one."""
    return app.releases.filter(status=Release.Status.PENDING).first()


def eligible_releases(app: App, releases: list[Release]) -> set[Release]:
    """Return those of `releases`, from `release_history`, that one may roll back to."""
    here = next((each for each in releases if each.pk == app.current_release_id), None)
    if here and len(releases) == 1:
        # The current one always is.
        return {here}
    current = here or find_release(app)
    config_vars, *configs = vars_of(
        current.config_set, *(release.config_set for release in releases)
    )
    return eligible(
        standpoint(app, current, config_vars), dict(zip(releases, configs, strict=True))
    )


def with_output(releases: Collection[Release]) -> set[Release]:
    """Return those of `releases` whose release phase printed something."""
    may = {r for r in releases if r.slug and RELEASE_PHASE in r.slug.process_types}
    first_lines = ReleaseOutput.objects.filter(release__in=may, position=1)
    printed = set(first_lines.values_list("release", flat=True)) if may else set()
    return {release for release in may if release.pk in printed}


def went_live_before(release: Release) -> Release | None:
    """Return what ran when `release` was made: the newest below it that went live."""
    return (
        _with_joins(release.app.releases.all())
        .filter(version__lt=release.version, status__in=WENT_LIVE)
        .order_by("-version")
        .first()
    )


def went_live_after(release: Release) -> Release | None:
    """Return what took the place of `release`: the next above it that went live."""
    return (
        release.app.releases.filter(version__gt=release.version, status__in=WENT_LIVE)
        .order_by("version")
        .first()
    )


def release_at(app: App, moment: datetime) -> Release | None:
    """Return what was current at `moment`: the newest that had gone live by then."""
    return (
        _with_joins(app.releases.all())
        .filter(status__in=WENT_LIVE, settled_at__lte=moment)
        .order_by("-version")
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


def visible_addons(actor: Actor) -> QuerySet[AddOn]:
    """Return the attached add-ons of all apps that `actor` may see."""
    return (
        AddOn.objects.filter(detached_at=None, app__in=visible_apps(actor))
        .select_related("app")
        .order_by("name")
    )


def people_of(app: App, *, after: str = "") -> QuerySet[Access]:
    """Return who was given access to what others own, in order of e-mail, after one."""
    people = app.accesses.exclude(user=app.owner_id).filter(user__email__gt=after)
    return people.select_related("user").order_by("user__email")


def find_user(email: str) -> User:
    """Return the person with that e-mail, in whatever case it is typed."""
    email = email.strip().lower()
    # No text with a NUL is in the database, nor may it be asked for one.
    user = None if "\0" in email else User.objects.filter(email=email).first()
    if user is None or user.is_system:
        raise NotFound(f"There is no user {email[:254]}.")
    return user


def all_users(*, actor: Actor) -> QuerySet[User]:
    """Return everyone with an account, in order of e-mail. For superusers only."""
    require_superuser(actor, "see all users")
    return User.objects.exclude(pk=SYSTEM_ID).order_by("email")


def visible_tokens(user: User, *, actor: Actor) -> QuerySet[Token]:
    """Return the tokens of `user` that were not revoked, with their last use, newest first.

    For oneself, and for superusers.
    """
    if user.pk != actor.user.pk:
        require_superuser(actor, "see the tokens of others")
    return (
        Token.objects.filter(user=user, revoked_at=None)
        .select_related("user", "tokenuse")
        .order_by("-created_at", "-pk")
    )


def find_token(user: User, identity: str, *, actor: Actor) -> Token:
    """Return a token of `user` by its id, or by the beginning of its secret."""
    tokens = visible_tokens(user, actor=actor)
    try:
        found = tokens.filter(pk=uuid.UUID(identity)).first()
    except ValueError:
        found = tokens.filter(beginning=identity).first()
    if found is None:
        raise NotFound("There is no such token.")
    return found


def _with_joins(releases: QuerySet[Release]) -> QuerySet[Release]:
    """Read one release with all that belongs to it, in one statement."""
    return with_bad_mark(releases).select_related(
        "slug__blob", "config_set", "restores", "actor", "rollout"
    )
