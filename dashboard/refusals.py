"""What a page answers where an operation or a query refused."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from dashboard.htmx import render_page, tell_beside, wants_fragment
from releases.errors import (
    Conflict,
    NoSuchApp,
    NotAllowed,
    NotFound,
    OperationRefused,
)
from releases.models import User

EXPIRED_FORM = (
    "Nothing was done. It was made for another session, or cookies are switched off. Go"
    " back, load the page again, and press once more."
)

# Said of one that never was too, so that nobody is told of an app of others.
NO_APP = "App not found"
NO_APP_TO_SEE = (
    "There is no app called {} that you may see. It may have been renamed or destroyed,"
    " or your access to it taken."
)
NO_APP_AT_ALL = "There is no app called {}. It may have been renamed or destroyed."

Handler = Callable[[HttpRequest], HttpResponseBase]

STATUSES: Mapping[type[OperationRefused], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    NotAllowed: HTTPStatus.FORBIDDEN,
    Conflict: HTTPStatus.CONFLICT,
}
TITLES = {
    HTTPStatus.NOT_FOUND: "Page not found",
    HTTPStatus.FORBIDDEN: "You may not do this",
    HTTPStatus.CONFLICT: "Not now",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Nothing was done",
}


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  # Django's signature
    """Answer a form without a good token, `reason` being for developers only."""
    status, title = HTTPStatus.FORBIDDEN, "The form has expired"
    if wants_fragment(request):
        return tell_beside(request, status, title, EXPIRED_FORM)
    return _told(request, status, EXPIRED_FORM, title=title)


def status_of(refusal: OperationRefused) -> HTTPStatus:
    for kind, status in STATUSES.items():
        if isinstance(refusal, kind):
            return status
    return HTTPStatus.UNPROCESSABLE_ENTITY


class answer_refusals:  # noqa: N801  # named as middleware is, for settings
    """Answer refusals that no view answers itself: a page, or a notice for htmx."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        if not isinstance(exception, OperationRefused):
            return None
        status = status_of(exception)
        name = request.resolver_match.kwargs.get("app_name", "")  # type: ignore[union-attr]  # a view was found
        if not isinstance(exception, NoSuchApp):
            return _told(
                request, status, exception, title=TITLES[status], app_name=name
            )
        sentence = (NO_APP_AT_ALL if _sees_all(request) else NO_APP_TO_SEE).format(name)
        if wants_fragment(request):
            url = reverse("app_list")
            return tell_beside(
                request, status, NO_APP, sentence, url=url, link="All apps"
            )
        return _told(request, status, sentence, title=NO_APP, no_app=name)


def _sees_all(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser


def _told(
    request: HttpRequest,
    status: HTTPStatus,
    sentence: object,
    *,
    title: str,
    **where: object,
) -> HttpResponse:
    return render_page(
        request,
        "error.html",
        {"status": status.value, "title": title, "sentence": sentence, **where},
        fragment="_refusal.html",
        status=status,
    )
