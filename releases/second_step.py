"""The second step of signing in, at whatever door: attempts count together."""

from allauth.core.context import request_context
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from releases.actors import Actor
from releases.operations.two_factor import use_code


def pass_second_step(
    request: HttpRequest, *, code: str, actor: Actor
) -> Authenticator | None:
    """Use up a code of who signs in, and return what it is of; None if it is not right.

    Each attempt is counted before the code is looked at, so that none made at the same
    time slips through. Raises ValidationError where there were too many.
    """
    with request_context(request):
        forget = check_rate_limit(actor.user)
        used = use_code(code=code, actor=actor)
        if used:
            forget()
    return used
