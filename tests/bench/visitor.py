"""As much of a browser as pages need: one connection, a session, cookies and forms."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from html.parser import HTMLParser
from http.client import HTTPConnection, RemoteDisconnected
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from django.conf import settings
from django.test import Client

from releases.models import User

FORM_TYPE = "application/x-www-form-urlencoded"
BY_HTMX = {"HX-Request": "true"}


@dataclass(frozen=True)
class Answer:
    """What was answered; `body` as it was sent, so compressed where that was."""

    status: int
    headers: Message
    body: bytes

    @property
    def html(self) -> bytes:
        packed = self.headers["Content-Encoding"] == "gzip"
        return gzip.decompress(self.body) if packed else self.body


class Visitor:
    """Somebody who asks for pages, signed in unless it is nobody.

    Visitors may share a connection, which is kept alive.
    """

    def __init__(self, connection: HTTPConnection, user: User | None = None) -> None:
        self._connection = connection
        self._origin = f"http://{connection.host}:{connection.port}"
        self._cookies: dict[str, str] = {}
        if user:
            client = Client()
            client.force_login(user)
            name = settings.SESSION_COOKIE_NAME
            self._cookies[name] = client.cookies[name].value

    def get(self, path: str, *, by_htmx: bool = False) -> Answer:
        return self._ask("GET", path, headers=BY_HTMX if by_htmx else None)

    def post(
        self, path: str, fields: Mapping[str, str], *, by_htmx: bool = False
    ) -> Answer:
        headers = {"Content-Type": FORM_TYPE, "Origin": self._origin}
        if by_htmx:
            headers |= BY_HTMX
        return self._ask("POST", path, urlencode(fields).encode(), headers)

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        sent = {"Accept-Encoding": "gzip", **(headers or {})}
        if self._cookies:
            cookies = (f"{name}={value}" for name, value in self._cookies.items())
            sent["Cookie"] = "; ".join(cookies)
        try:
            self._connection.request(method, path, body, sent)
            response = self._connection.getresponse()
        except RemoteDisconnected:
            # It had waited for longer than the server keeps connections.
            self._connection.request(method, path, body, sent)
            response = self._connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
        for line in response.headers.get_all("Set-Cookie", []):
            for name, cookie in SimpleCookie(line).items():
                self._cookies[name] = cookie.value
        return answer


def fields_of(html: str, form_id: str) -> dict[str, str]:
    """Return what a form sends when nothing was typed or ticked in it."""
    form = _Form(form_id)
    form.feed(html)
    return form.fields


class _Form(HTMLParser):
    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._id = form_id
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._inside = given.get("id") == self._id
        elif self._inside and (given.get("type") == "hidden" or "checked" in given):
            self.fields[given["name"] or ""] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
