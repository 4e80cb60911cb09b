"""Where requests come into the API: who calls, may they, and every failure as JSON."""

import logging
import re
import uuid
from http import HTTPStatus

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import Resolver404, get_resolver

from releases.actors import Actor
from releases.api.call import Answer, Call
from releases.api.errors import ApiError, forbidden, of_refusal
from releases.api.objects import plan_object
from releases.api.routes import Methods, Route
from releases.api.tokens import caller_of, is_password, spend
from releases.errors import OperationRefused
from releases.models import Source
from releases.plans import PlanMoved

logger = logging.getLogger(__name__)

URLS = "releases.api.urls"
MEDIA_TYPE = "application/vnd.heroku+json"
VERSION = re.compile(rf"{re.escape(MEDIA_TYPE)}\s*;\s*version\s*=\s*\"?3(\.[\w-]+)?\"?")
REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,128}")
CLI = "heroku-cli/"
# These carry their permission in themselves, whatever else a client sends along.
SIGNED = "/signed/"


def is_for_api(request: HttpRequest) -> bool:
    """Whether the API answers this request, and no page and no signed address."""
    headers = request.headers
    if request.path_info.startswith(SIGNED):
        return False
    return MEDIA_TYPE in headers.get("Accept", "") or "Authorization" in headers


def respond(request: HttpRequest) -> HttpResponseBase:
    """Answer any request, whatever becomes of it, in Heroku's shape."""
    first_id = _first_id(request)
    request_id = first_id or str(uuid.uuid4())
    try:
        response = _answer(request, request_id, first_id)
    except ApiError as error:
        response = _failure(error)
    except OperationRefused as refusal:
        plan = plan_object(refusal.plan) if isinstance(refusal, PlanMoved) else None
        response = _failure(of_refusal(refusal, plan))
    except DatabaseError:
        logger.exception("The API could not reach the database (%s)", request_id)
        response = _failure(_unavailable())
    except Exception:  # the last door: clients are told in JSON
        logger.exception("The API failed (%s)", request_id)
        response = _failure(_failed())
    response.headers["Request-Id"] = request_id
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Vary"] = "Accept, Authorization"
    return response


def _answer(request: HttpRequest, request_id: str, first_id: str) -> HttpResponse:
    _refuse_other_versions(request)
    route, arguments = _route(request)
    if route.by_password and is_password(request.headers.get("Authorization", "")):
        return _json(route.by_password(request, request_id))
    caller = caller_of(request)
    remaining = spend(caller.token, request.META.get("REMOTE_ADDR") or None)
    if not route.need.value & set(caller.token.scopes):
        needed = ", ".join(sorted(route.need.value))
        raise forbidden(
            f"The token {caller.token.name} may not do this: it takes one of the scopes"
            f" {needed}."
        )
    call = Call(
        request,
        Actor(
            user=caller.user,
            source=Source.CLI if _is_cli(request) else Source.API,
            token_name=caller.token.name,
            ip=request.META.get("REMOTE_ADDR") or None,
            request_id=request_id,
        ),
        caller.token,
        request_id,
        first_id,
        remaining,
        caller.secret,
    )
    response = _json(route.view(call, **arguments))
    response.headers["RateLimit-Remaining"] = str(remaining)
    return response


def _route(request: HttpRequest) -> tuple[Route, dict[str, str]]:
    if "\0" in request.path_info:
        # Nothing is called so, and PostgreSQL refuses to be asked for it.
        raise _no_such_route()
    try:
        match = get_resolver(URLS).resolve(request.path_info)
    except Resolver404:
        raise _no_such_route() from None
    method = "GET" if request.method == "HEAD" else request.method
    methods: Methods = match.func  # type: ignore[assignment]  # all of them are
    route = methods.by_method.get(method or "")
    if route is None:
        raise _no_such_route()
    return route, match.kwargs


def _json(answer: Answer) -> HttpResponse:
    response = JsonResponse(answer.content, safe=False, status=answer.status)
    for name, value in answer.headers.items():
        response.headers[name] = value
    return response


def _failure(error: ApiError) -> HttpResponse:
    return JsonResponse(error.body, status=error.status)


def _first_id(request: HttpRequest) -> str:
    """Return the request's own id: clients append all that they saw before."""
    first = request.headers.get("Request-Id", "").partition(",")[0].strip()
    return first if REQUEST_ID.fullmatch(first) else ""


def _is_cli(request: HttpRequest) -> bool:
    return request.headers.get("User-Agent", "").startswith(CLI)


def _refuse_other_versions(request: HttpRequest) -> None:
    accept = request.headers.get("Accept", "")
    if MEDIA_TYPE in accept and not VERSION.search(accept):
        raise ApiError(
            HTTPStatus.NOT_ACCEPTABLE,
            "not_acceptable",
            f"Ask for version 3: `Accept: {MEDIA_TYPE}; version=3`.",
        )


def _no_such_route() -> ApiError:
    return ApiError(
        HTTPStatus.NOT_FOUND,
        "not_found",
        "There is nothing at this path for this method.",
    )


def _unavailable() -> ApiError:
    return ApiError(
        HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "The database does not answer."
    )


def _failed() -> ApiError:
    return ApiError(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal_error",
        "Rollbook failed to answer; the server's log has more under this request's id.",
    )
