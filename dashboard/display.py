"""How one browser shows pages: in which theme, and in whose time. Kept in its cookies.

So it holds on the sign-in page too, and a phone may differ from a desk.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

THEME, ZONE = "theme", "zone"
THEMES = {"": "As the system has it", "light": "Light", "dark": "Dark"}
# The others are older names of theirs, or of no place.
REGIONS = frozenset(
    [
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    ]
)
A_YEAR = 365 * 24 * 60 * 60

Handler = Callable[[HttpRequest], HttpResponseBase]


def in_the_viewers_zone(get_response: Handler) -> Handler:
    """Tell times as the clock of the person does who looks at them."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with timezone.override(ZoneInfo(zone_of(request))):
            return get_response(request)

    return middleware


def theme_of(request: HttpRequest) -> str:
    theme = request.COOKIES.get(THEME, "")
    return theme if theme in THEMES else ""


def zone_of(request: HttpRequest) -> str:
    zone = request.COOKIES.get(ZONE, "")
    return zone if is_zone(zone) else settings.TIME_ZONE


def is_zone(name: str) -> bool:
    return name in zones().get(name.partition("/")[0], ())


@cache
def zones() -> Mapping[str, Sequence[str]]:
    """Return the names of all time zones that go by a place, by the part of the world."""
    found: dict[str, list[str]] = {}
    for name in sorted(available_timezones()):
        region, _, place = name.partition("/")
        if place and region in REGIONS:
            found.setdefault(region, []).append(name)
    return found


def keep(response: HttpResponse, name: str, value: str) -> None:
    """Keep a choice in the browser; "" forgets it."""
    if not value:
        response.delete_cookie(name, samesite="Lax")
        return
    response.set_cookie(
        name,
        value,
        max_age=A_YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
