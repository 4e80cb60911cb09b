"""What a request says about itself that not everyone may say."""

import uuid
from collections.abc import Callable
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponseBase,
    HttpResponseNotAllowed,
)
from django.shortcuts import resolve_url
from django.template.loader import render_to_string

from dashboard.display import theme_of
from dashboard.htmx import tell_beside
from releases.api.entry import is_for_api, respond

SIGNED_OUT = (
    "Nothing new arrives on this page, and nothing on it can be done. What you typed"
    " stays here until you leave it: copy what you still need."
)

Handler = Callable[[HttpRequest], HttpResponseBase]


def trusted_proxies(get_response: Handler) -> Handler:
    """Make REMOTE_ADDR the client's own address, by the word of trusted proxies alone."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        meta = request.META
        hops = meta.pop("HTTP_X_FORWARDED_FOR", "").split(",")
        if not _trusted(meta.get("REMOTE_ADDR", "")):
            meta.pop("HTTP_X_FORWARDED_PROTO", None)
            return get_response(request)
        # Each proxy appends whom it heard from, so only the right end can be believed.
        while hops and _trusted(meta["REMOTE_ADDR"]):
            address = _address(hops.pop())
            if not address:
                break
            meta["REMOTE_ADDR"] = address
        return get_response(request)

    return middleware


def request_ids(get_response: Handler) -> Handler:
    """Number each request, to tie what it did to what a person was answered."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        request_id = str(uuid.uuid4())
        request.META["ROLLBOOK_REQUEST_ID"] = request_id
        response = get_response(request)
        response.headers.setdefault("Request-Id", request_id)
        return response

    return middleware


def sign_in_as_a_page(get_response: Handler) -> Handler:
    """Lead to the sign-in from a page, and from there back to a page.

    htmx would follow the redirect, and put the sign-in where a fragment belongs. It says
    instead that one is signed out: what is open, and typed, is not thrown away. An
    address that was posted to may show no page to come back to.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        sign_in = resolve_url(settings.LOGIN_URL)
        to = response.headers.get("Location", "")
        if "HX-Request" not in request.headers:
            if request.method == "POST" and to == _sign_in(request.get_full_path()):
                page = _page_in(request, "Referer") or request.path
                response.headers["Location"] = _sign_in(page)
            return response
        if not to.startswith(sign_in):
            return response
        page = _page_in(request, "HX-Current-URL") or "/"
        return tell_beside(
            request,
            HTTPStatus.UNAUTHORIZED,
            "You are signed out",
            SIGNED_OUT,
            url=_sign_in(page),
            link="Sign in again",
        )

    return middleware


def _sign_in(after: str) -> str:
    return f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': after}, safe='/')}"


def _page_in(request: HttpRequest, header: str) -> str:
    """Return the path of the page of ours that a header names, if it does."""
    page = urlsplit(request.headers.get(header, ""))
    return page.path if page.netloc == request.get_host() else ""


def wrong_methods_as_a_page(get_response: Handler) -> Handler:
    """Show a page to who opens an address that forms alone lead to."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if isinstance(response, HttpResponseNotAllowed):
            response.content = render_to_string(
                "405.html", {"theme": theme_of(request)}
            )
        return response

    return middleware


def platform_api(get_response: Handler) -> Handler:
    """Answer what is for the API, which knows tokens and no cookies, before sessions."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        return respond(request) if is_for_api(request) else get_response(request)

    return middleware


def _trusted(text: str) -> bool:
    address = _address(text)
    return bool(address) and any(
        ip_address(address) in network for network in settings.ROLLBOOK_TRUSTED_PROXIES
    )


def _address(text: str) -> str:
    """Return the address in its usual form, or nothing if it is none."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
