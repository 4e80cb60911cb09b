"""How Django reaches the database: the one DATABASE_URL names, or the embedded one."""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from dashboard.postgres.cluster import DATABASE, ROLE
from dashboard.postgres.room import server_user, socket_folder

CONNECT_TIMEOUT = 5


def database_settings(url: str, home: Path) -> dict[str, object]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        **(_from_url(url) if url else _embedded(home)),
    }


def _embedded(home: Path) -> dict[str, object]:
    return {
        "NAME": DATABASE,
        "USER": ROLE,
        "HOST": str(socket_folder(home)),
        "PORT": "5432",
        # The kernel vouches for who serves there.
        "OPTIONS": {"requirepeer": server_user(), "connect_timeout": CONNECT_TIMEOUT},
    }


def _from_url(url: str) -> dict[str, object]:
    options = _read(url)
    name = str(options.pop("dbname", ""))
    if not name:
        raise ImproperlyConfigured(
            "DATABASE_URL must be like postgresql://user:password@host:5432/name."
        )
    named = {
        key: str(options.pop(part, ""))
        for key, part in (
            ("USER", "user"),
            ("PASSWORD", "password"),
            ("HOST", "host"),
            ("PORT", "port"),
        )
    }
    return {
        "NAME": name,
        **named,
        "OPTIONS": {"connect_timeout": CONNECT_TIMEOUT, **options},
    }


def _read(url: str) -> dict[str, object]:
    if not url.startswith(("postgres://", "postgresql://")):
        return {}
    try:
        return dict(conninfo_to_dict(url))
    except ProgrammingError:
        # Not told on: libpq's message quotes the URL, and a password may be in it.
        return {}
