"""Failures in Heroku's shape: `id`, `message`, and what they are about."""

from http import HTTPStatus
from typing import Any

from releases.errors import Conflict, NotAllowed, NotFound, OperationRefused

Body = dict[str, Any]
# What Heroku answers with 422 though it is a conflict here.
INVALID_ALL_THE_SAME = {"name_taken", "email_taken", "config_var_taken"}


class ApiError(Exception):
    """What a request is answered with instead. `more` stands beside id and message."""

    def __init__(
        self, status: HTTPStatus, error_id: str, message: str, **more: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: Body = {"id": error_id, "message": message, **more}


def unauthorized(message: str) -> ApiError:
    return ApiError(HTTPStatus.UNAUTHORIZED, "unauthorized", message)


def forbidden(message: str) -> ApiError:
    return ApiError(HTTPStatus.FORBIDDEN, "forbidden", message)


def not_found(resource: str) -> ApiError:
    """Say it in Heroku's words: programs look for them."""
    return ApiError(
        HTTPStatus.NOT_FOUND,
        "not_found",
        f"Couldn't find that {resource}.",
        resource=resource.replace(" ", "_").replace("-", "_"),
    )


def too_many(message: str) -> ApiError:
    return ApiError(HTTPStatus.TOO_MANY_REQUESTS, "rate_limit", message)


def invalid(message: str, **more: Any) -> ApiError:
    return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_params", message, **more)


def bad_request(message: str) -> ApiError:
    return ApiError(HTTPStatus.BAD_REQUEST, "bad_request", message)


def of_refusal(refusal: OperationRefused, plan: Body | None = None) -> ApiError:
    """Return what an operation's refusal is here; `code` tells which it was."""
    more: Body = {"code": refusal.code}
    if plan is not None:
        more["plan"] = plan
    message = str(refusal)
    if isinstance(refusal, NotFound):
        return ApiError(HTTPStatus.NOT_FOUND, "not_found", message, **more)
    if isinstance(refusal, NotAllowed):
        return ApiError(HTTPStatus.FORBIDDEN, "forbidden", message, **more)
    if isinstance(refusal, Conflict) and refusal.code not in INVALID_ALL_THE_SAME:
        return ApiError(HTTPStatus.CONFLICT, "conflict", message, **more)
    return invalid(message, **more)
