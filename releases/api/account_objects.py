"""Heroku's objects of people and tokens."""

from django.utils import timezone

from releases.api.objects import Object, iso, person
from releases.models import Token, User
from releases.two_factor import has_two_factor

MASK = "*" * 10


def account_object(user: User) -> Object:
    return {
        "allow_tracking": False,
        "beta": False,
        "created_at": iso(user.created_at),
        "email": user.email,
        "federated": False,
        "id": str(user.pk),
        "identity_provider": None,
        "last_login": iso(user.last_login) if user.last_login else None,
        "name": user.full_name or None,
        "sms_number": None,
        "suspended_at": None,
        "delinquent_at": None,
        "two_factor_authentication": has_two_factor(user),
        "updated_at": iso(user.created_at),
        "verified": True,
        "country_of_residence": None,
        "default_organization": None,
        "default_team": None,
    }


def authorization_object(token: Token, *, secret: str = "") -> Object:
    """Show the secret where it is given, else what it begins with.

    Expects `user` and, where it was used, `tokenuse` joined.
    """
    ends, use = token.expires_at, getattr(token, "tokenuse", None)
    left = (ends - timezone.now()).total_seconds() if ends else None
    return {
        "access_token": {
            "expires_in": None if left is None else max(0, int(left)),
            "id": str(token.pk),
            "token": secret or f"{token.beginning}{MASK}",
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
        "expires_at": iso(ends) if ends else None,
        "last_used_at": iso(use.used_at) if use else None,
        "last_used_ip": use.ip if use else None,
    }


def session_object(token: Token) -> Object:
    return {
        "created_at": iso(token.created_at),
        "description": token.name,
        "expires_in": None,
        "id": str(token.pk),
        "updated_at": iso(token.updated_at),
    }
