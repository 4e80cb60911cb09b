"""Where the world finds Rollbook, and whom it believes about where the world is."""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured

Network = IPv4Network | IPv6Network


def own_url(url: str) -> SplitResult:
    """Read ROLLBOOK_URL: scheme and host, http for this machine only."""
    try:
        parts = urlsplit(url.rstrip("/"))
        usable = (
            parts.scheme in {"http", "https"}
            and parts.hostname
            and parts.port != 0
            and not (parts.path or parts.query or parts.fragment or "@" in parts.netloc)
        )
    except ValueError:
        usable = False
    if not usable:
        raise ImproperlyConfigured(
            "ROLLBOOK_URL must be like https://rollbook.example.com, with nothing after it."
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ImproperlyConfigured(
            f"ROLLBOOK_URL must be https unless it is this machine's own: {url} would send "
            "passwords in the clear."
        )
    return parts


def is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def networks(names: list[str], *, setting: str) -> list[Network]:
    try:
        return [ip_network(name, strict=False) for name in names]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{setting} must be addresses or networks separated by commas: {error}."
        ) from error
