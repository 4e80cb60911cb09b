"""Where the world finds Rollbook, and whom it believes about where the world is."""

import errno
import re
import socket
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured

from dashboard.machine.errors import CannotStart

Network = IPv4Network | IPv6Network

LOWEST_PORT, HIGHEST_PORT = 1_024, 65_535
PORT_RANGE = re.compile(r"([0-9]{1,5})-([0-9]{1,5})")
LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(rf"{LABEL}(?:\.{LABEL})+")


def own_url(url: str) -> SplitResult:
    """Read ROLLBOOK_URL: scheme and host, http for this machine only."""
    try:
        parts = urlsplit(url.lower().rstrip("/"))
        host, _port = parts.hostname, parts.port
        usable = bool(
            parts.scheme in {"http", "https"}
            and host
            and not (parts.path or parts.query or parts.fragment or "@" in parts.netloc)
        )
    except ValueError:
        usable = False
    if not usable:
        raise ImproperlyConfigured(
            "ROLLBOOK_URL must be like https://rollbook.example.com, with nothing after it."
        )
    if parts.scheme == "http" and not is_loopback(host or ""):
        raise ImproperlyConfigured(
            f"ROLLBOOK_URL must be https unless it is this machine's own: {url} would send "
            "passwords in the clear."
        )
    return parts


def host_name(url: SplitResult) -> str:
    """Return the host of `url` as the Host header has it, without the port."""
    host = str(url.hostname)
    return f"[{host}]" if ":" in host else host


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


def port_range(text: str, *, setting: str) -> range:
    """Read ports like 20000-29999, the last one included."""
    match = PORT_RANGE.fullmatch(text.strip())
    ports = range(int(match[1]), int(match[2]) + 1) if match else range(0)
    if not ports or ports.start < LOWEST_PORT or ports.stop > HIGHEST_PORT + 1:
        raise ImproperlyConfigured(
            f"{setting} must be like 20000-29999, within {LOWEST_PORT} and {HIGHEST_PORT}."
        )
    return ports


def domains(pairs: list[str], *, setting: str) -> dict[str, str]:
    """Read domains of apps like shop.example.com=shop: the app's name by the domain."""
    found: dict[str, str] = {}
    for pair in pairs:
        domain, _, app = pair.lower().partition("=")
        if not (DOMAIN.fullmatch(domain) and app) or domain in found:
            raise ImproperlyConfigured(
                f"{setting} must be like shop.example.com=shop, separated by commas,"
                f" each domain once: {pair!r} is not."
            )
        found[domain] = app
    return found


def bound_socket(host: str, port: int, *, setting: str = "PORT") -> socket.socket:
    """Take the address now, so that nothing is prepared for a port that is not free."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror:
        raise CannotStart(f"HOST={host} is not an address of this machine.") from None
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            why = (
                f"Port {port} on {host} is taken: stop what uses it, or set {setting}."
            )
        else:
            why = f"Cannot listen on port {port} of {host}: {error.strerror}."
        raise CannotStart(why) from error
    return listener
