"""Signing in by an OpenID Connect provider, for people who have an account here."""

import logging
from typing import Any, NoReturn

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect

from releases.errors import NotFound
from releases.queries import find_user

logger = logging.getLogger(__name__)


class SingleSignOn(DefaultSocialAccountAdapter):
    """Lets in who has an account with the e-mail that the provider has verified.

    Nothing of it is kept. allauth's own way to find people by e-mail takes their
    password away, as nobody has verified the e-mail here.
    """

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        # Some providers say it in a text, of which each one is true.
        verified = [
            each.email for each in sociallogin.email_addresses if each.verified is True
        ]
        if not verified:
            _back(request, f"{settings.OIDC_NAME} has not verified an e-mail of yours.")
        try:
            sociallogin.user = find_user(verified[0])
        except NotFound:
            _back(
                request,
                f"There is no account here for {verified[0]}. An admin of this server"
                " makes accounts.",
            )

    def on_authentication_error(
        self, request: HttpRequest, provider: object, **said: Any
    ) -> None:
        logger.warning("Single sign-on failed: %s %s", said["error"], said["exception"])
        _back(request, did_not_work())


def did_not_work() -> str:
    return (
        f"Signing in by {settings.OIDC_NAME} did not work. Try again, or sign in by"
        " password."
    )


def _back(request: HttpRequest, sentence: str) -> NoReturn:
    messages.error(request, sentence)
    raise ImmediateHttpResponse(redirect("account_login"))
