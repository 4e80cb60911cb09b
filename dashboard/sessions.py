"""Where somebody is signed in, as they recognise it: the device, the address, the time."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponseBase

from dashboard.times import Moment, moment

# Where a session keeps when it was noted last, and how long, in seconds, it is not again.
NOTED, NOTED_FOR = "noted", 300
# The first that is in what a browser says of itself is it: most name others as well.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "Safari": "Safari",
    "curl": "curl",
}
SYSTEMS = {
    "iPhone": "an iPhone",
    "iPad": "an iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Macintosh": "a Mac",
    "CrOS": "a Chromebook",
    "Linux": "Linux",
}

Handler = Callable[[HttpRequest], HttpResponseBase]


def note_sessions(get_response: Handler) -> Handler:
    """Note where people are signed in, and every few minutes that they still are."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        session = request.session
        # Who comes through a socket has no address, and none to be known again by.
        has_address = bool(request.META.get("REMOTE_ADDR"))
        is_due = has_address and session.get(NOTED, 0) < time.time() - NOTED_FOR
        if SESSION_KEY in session and is_due and request.user.is_authenticated:
            UserSession.objects.create_from_request(request)
            session[NOTED] = int(time.time())
        return get_response(request)

    return middleware


def device_words(user_agent: str) -> str:
    """Say what a browser is and runs on: "Firefox on Linux"."""
    browser = _first(BROWSERS, user_agent) or "A browser"
    system = _first(SYSTEMS, user_agent)
    return f"{browser} on {system}" if system else browser


@dataclass(frozen=True)
class SessionRow:
    id: int
    device: str
    address: str
    began: Moment
    seen: Moment
    is_this: bool


def session_rows(
    sessions: Iterable[UserSession], *, this: str | None, now: datetime
) -> list[SessionRow]:
    """Return a row for each; `this` is the key of the session that they are shown in."""
    return [
        SessionRow(
            id=each.pk,
            device=device_words(each.user_agent),
            address=each.ip,
            began=moment(each.created_at, now),
            seen=moment(each.last_seen_at, now),
            is_this=each.session_key == this,
        )
        for each in sessions
    ]


def _first(names: dict[str, str], text: str) -> str:
    return next((name for part, name in names.items() if part in text), "")
