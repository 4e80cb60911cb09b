"""Who sends e-mail and password instead of a token: `heroku login -i`."""

from http import HTTPStatus

from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from releases.actors import Actor
from releases.api.errors import ApiError, too_many, unauthorized
from releases.api.tokens import password_of
from releases.models import Source, User
from releases.operations.two_factor import WRONG_CODE
from releases.second_step import pass_second_step
from releases.two_factor import has_two_factor

CODE = "Heroku-Two-Factor-Code"


def signed_in(request: HttpRequest, request_id: str) -> Actor:
    """Return who sends this e-mail, this password and, with two-factor, this code.

    Attempts count together with those at the sign-in page. Only who has the password
    is told that there is a second step.
    """
    actor = Actor(
        user=_by_password(request),
        source=Source.API,
        ip=request.META.get("REMOTE_ADDR") or None,
        request_id=request_id,
    )
    if has_two_factor(actor.user):
        _require_code(request, actor)
    return actor


def _by_password(request: HttpRequest) -> User:
    email, password = password_of(request.headers["Authorization"])
    if not ratelimit.consume(request, action="login"):
        raise too_many("Too many attempts to sign in. Wait a minute, then try again.")
    try:
        user = get_adapter().authenticate(request, email=email, password=password)
    except ValidationError as error:
        raise too_many(" ".join(error.messages)) from None
    if not isinstance(user, User) or not user.is_active:
        raise unauthorized("Invalid credentials provided.")
    return user


def _require_code(request: HttpRequest, actor: Actor) -> None:
    code = request.headers.get(CODE, "").strip()
    if not code:
        raise _two_factor(f"This account has two-factor: send a code, as {CODE}.")
    try:
        passed = pass_second_step(request, code=code, actor=actor)
    except ValidationError as error:
        raise too_many(" ".join(error.messages)) from None
    if not passed:
        raise _two_factor(WRONG_CODE)


def _two_factor(message: str) -> ApiError:
    """Clients ask for a code where they meet this id."""
    return ApiError(HTTPStatus.FORBIDDEN, "two_factor", message)
