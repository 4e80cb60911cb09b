"""The pages for what no view answers. They need no database, no session, and no sign-in."""

import sys
from http import HTTPStatus

from django.core.exceptions import (
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from dashboard.display import theme_of

NO_DATABASE = (OperationalError, InterfaceError)
TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
# In seconds: the database is mostly back in less, when it is started again.
TRY_AGAIN_AFTER = 10


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what could not be read: as too much of it, where that was why."""
    if isinstance(exception, TOO_LARGE):
        return _page(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return _page(request, HTTPStatus.BAD_REQUEST)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a failure of ours: as one that passes, where the database is away."""
    # Django calls this where it caught the failure, and hands over no more than that.
    if not isinstance(sys.exception(), NO_DATABASE):
        return _page(request, HTTPStatus.INTERNAL_SERVER_ERROR)
    page = _page(request, HTTPStatus.SERVICE_UNAVAILABLE)
    page.headers["Retry-After"] = str(TRY_AGAIN_AFTER)
    return page


def _page(request: HttpRequest, status: HTTPStatus) -> HttpResponse:
    page = render_to_string(f"{status.value}.html", {"theme": theme_of(request)})
    return HttpResponse(page, status=status)
