"""Bodies of requests: bounded, read as JSON whatever their type says, then validated."""

import json
from http import HTTPStatus
from typing import Any, TypeVar

from django.http import HttpRequest
from django.http.request import RawPostDataException
from pydantic import BaseModel, ConfigDict, ValidationError

from releases.api.errors import ApiError, bad_request, invalid

# A thousand config vars of 4 KiB; one alone may have 64.
BODY_LIMIT = 4 * 2**20
DEPTH_LIMIT = 32

Model = TypeVar("Model", bound="RequestBody")


class RequestBody(BaseModel):
    """What real clients send: keys that nobody knows are ignored, as Heroku does."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def read_json(request: HttpRequest) -> Any:
    """Return the body as JSON; an empty one is an empty object.

    Refuses one that is too large, too deep or no JSON. Reads without a Content-Length
    too: the server ends the stream of a chunked body.
    """
    text = _bytes_of(request)
    if not text.strip():
        return {}
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise bad_request("The body is nested too deeply.") from None
    except ValueError:
        raise bad_request("The body is not valid JSON.") from None
    _refuse_deep(value)
    return value


def read_body(request: HttpRequest, model: type[Model]) -> Model:
    """Return the body as `model`. What is wrong is refused, naming the field."""
    value = read_json(request)
    if not isinstance(value, dict):
        raise bad_request("The body must be a JSON object.")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _of_validation(error) from None


def _bytes_of(request: HttpRequest) -> bytes:
    if request.headers.get("Transfer-Encoding"):
        # Django takes a body without a length for an empty one.
        text: bytes = request.META["wsgi.input"].read(BODY_LIMIT + 1)
    else:
        try:
            text = request.read(BODY_LIMIT + 1)
        except (OSError, RawPostDataException):
            raise bad_request("The body did not arrive whole.") from None
    if len(text) > BODY_LIMIT:
        raise ApiError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "too_large",
            f"The body has more than {BODY_LIMIT // 2**20} MiB.",
        )
    return text


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _refuse_deep(value: Any, depth: int = 0) -> None:
    if depth > DEPTH_LIMIT:
        raise bad_request("The body is nested too deeply.")
    inner = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict | list):
        for each in inner:
            _refuse_deep(each, depth + 1)


def _of_validation(error: ValidationError) -> ApiError:
    """Name the field and what is wrong with it; never repeat what was sent."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[
        0
    ]
    field = ".".join(str(part) for part in first["loc"] if isinstance(part, str))
    wrong = first["msg"][:1].lower() + first["msg"][1:]
    if first["type"] == "missing":
        return invalid(f"{field or 'The body'} is required.", field=field)
    return invalid(f"{field or 'The body'}: {wrong}.", field=field)
