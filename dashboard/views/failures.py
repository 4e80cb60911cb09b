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

NO_DATABASE = (OperationalError, InterfaceError)
TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
# In seconds: the database is mostly back in less, when it is started again.
TRY_AGAIN_AFTER = 10


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what could not be read: as too much of it, where that was why."""
    if isinstance(exception, TOO_LARGE):
        return _page(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return _page(HTTPStatus.BAD_REQUEST)


def server_error(_request: HttpRequest) -> HttpResponse:
    """Answer a failure of ours: as one that passes, where the database is away."""
    # Django calls this where it caught the failure, and hands over no more than that.
    if not isinstance(sys.exception(), NO_DATABASE):
        return _page(HTTPStatus.INTERNAL_SERVER_ERROR)
    page = _page(HTTPStatus.SERVICE_UNAVAILABLE)
    page.headers["Retry-After"] = str(TRY_AGAIN_AFTER)
    return page


def _page(status: HTTPStatus) -> HttpResponse:
    return HttpResponse(render_to_string(f"{status.value}.html"), status=status)
