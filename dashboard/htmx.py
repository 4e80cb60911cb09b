"""What pages and fragments of them have in common: who asks, and how it is answered."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

from releases.actors import Actor
from releases.models import Source, User


class DashboardRequest(HttpRequest):
    """A request as the pages' views get it: signed in, and with `htmx` on it."""

    user: User
    htmx: HtmxDetails


def actor_of(request: HttpRequest) -> Actor:
    """Return who acts by this request of a page."""
    assert isinstance(request.user, User)  # noqa: S101  # the middleware saw to it
    return acting_as(request.user, request)


def acting_as(user: User, request: HttpRequest) -> Actor:
    """Return `user` as who acts by this request, signed in or about to be."""
    return Actor(
        user=user,
        source=Source.WEB,
        ip=request.META.get("REMOTE_ADDR") or None,
        request_id=request.META.get("ROLLBOOK_REQUEST_ID", ""),
    )


def wants_fragment(request: HttpRequest) -> bool:
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # its middleware's
    # When htmx restores a page from history it asks for the whole of it.
    return bool(htmx) and not htmx.history_restore_request


def tell_beside(
    request: HttpRequest, status: HTTPStatus, title: str, sentence: str, **way_on: str
) -> HttpResponse:
    """Have htmx say what is so of the whole page, and leave all as it is that is on it.

    `way_on` is the `url` and the `link` that lead on from there, if anything does.
    """
    context = {"title": title, "sentence": sentence, **way_on}
    response = render(request, "_told.html", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    response.headers["HX-Retarget"] = "#told"
    response.headers["HX-Reswap"] = "innerHTML"
    return response


def render_page(
    request: HttpRequest,
    page: str,
    context: dict[str, Any],
    *,
    fragment: str,
    status: int = 200,
) -> HttpResponse:
    """Render `fragment` for htmx, and for everyone else the `page` that includes it."""
    template = fragment if wants_fragment(request) else page
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
