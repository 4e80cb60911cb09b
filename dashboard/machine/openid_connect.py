"""The provider of OpenID Connect by which people may sign in, as settings name it."""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from dashboard.machine.addresses import is_loopback


def openid_connect(
    *, issuer: str, client_id: str, client_secret: str, name: str
) -> dict[str, Any]:
    """Return what allauth is to know of the provider; nothing where there is none.

    Whoever could listen could say who somebody is: so it is asked by https only.
    """
    if not issuer:
        return {}
    parts = urlsplit(issuer.rstrip("/"))
    host = parts.hostname or ""
    is_own = parts.scheme == "http" and is_loopback(host)
    if not host or not (parts.scheme == "https" or is_own):
        raise ImproperlyConfigured("ROLLBOOK_OIDC_ISSUER must be an https address.")
    if not (client_id and client_secret):
        raise ImproperlyConfigured(
            "ROLLBOOK_OIDC_ISSUER needs ROLLBOOK_OIDC_CLIENT_ID and"
            " ROLLBOOK_OIDC_CLIENT_SECRET."
        )
    app = {
        "provider_id": "oidc",
        "name": name,
        "client_id": client_id,
        "secret": client_secret,
        "settings": {"server_url": parts.geturl()},
    }
    provider = {
        "OAUTH_PKCE_ENABLED": True,
        "SCOPE": ["openid", "email"],
        "APPS": [app],
    }
    return {"openid_connect": provider}
