"""The server that takes mail, as a URL names it."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from dashboard.machine.addresses import is_loopback

PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True)
class MailServer:
    """How to reach it. `starts_tls` is encrypted from a command on, `is_tls` from the start."""

    host: str
    port: int
    user: str
    password: str
    starts_tls: bool
    is_tls: bool


def mail_server(url: str, *, setting: str) -> MailServer | None:
    """Read `smtp://user:password@host:port` or `smtps://...`; None where there is none.

    Mail leaves this machine encrypted only.
    """
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "") if parts.scheme in PORTS else ""
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        host, port = "", 0
    if not (host and port):
        # Not what was read: it has a password in it.
        raise ImproperlyConfigured(
            f"{setting} must be like smtp://user:password@mail.example.com:587, or"
            " smtps:// where TLS is there from the start."
        )
    is_tls = parts.scheme == "smtps"
    return MailServer(
        host=host,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starts_tls=not is_tls and not is_loopback(host),
        is_tls=is_tls,
    )
