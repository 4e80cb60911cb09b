"""What commands answer with beside the objects of Heroku's Platform API."""

from django.utils import timezone

from releases.api.objects import (
    Object,
    iso,
    person,
    release_object,
    release_reference,
)
from releases.models import App, Mark, Release, Token, User
from releases.queries import eligible_releases

# What stands between the ends of a secret that is not shown, as Heroku has it.
STARS = "*" * 10


def one_release(release: Release, app: App) -> Object:
    """Return the object of a release that came from a query."""
    eligible = release in eligible_releases(app, [release])
    return release_object(release, app, eligible=eligible)


def user_object(user: User) -> Object:
    return {
        **person(user),
        "name": user.full_name or None,
        "created_at": iso(user.created_at),
        "last_login": iso(user.last_login) if user.last_login else None,
        "superuser": user.is_superuser,
        "active": user.is_active,
    }


def mark_object(mark: Mark) -> Object:
    """Expects `release` and `created_by` joined."""
    return {
        "release": release_reference(mark.release),
        "kind": mark.kind,
        "reason": mark.reason or None,
        "user": person(mark.created_by),
        "created_at": iso(mark.created_at),
    }


def token_object(token: Token, secret: str = "") -> Object:
    """Expects `user` joined. Without `secret` it shows where the secret begins."""
    left = (
        None
        if token.expires_at is None
        else max(0, int((token.expires_at - timezone.now()).total_seconds()))
    )
    use = getattr(token, "tokenuse", None)
    return {
        "access_token": {
            "expires_in": left,
            "id": str(token.pk),
            "token": secret or f"{token.beginning}{STARS}",
        },
        "client": None,
        "created_at": iso(token.created_at),
        "description": token.name,
        "grant": None,
        "id": str(token.pk),
        "refresh_token": None,
        "scope": token.scopes,
        "session": None,
        "updated_at": iso(token.updated_at),
        "user": {**person(token.user), "full_name": token.user.full_name or None},
        "expires_at": iso(token.expires_at) if token.expires_at else None,
        "last_used_at": iso(use.used_at) if use else None,
        "last_used_ip": use.ip if use else None,
    }
