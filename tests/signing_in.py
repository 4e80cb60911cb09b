"""Signs people in, in browsers of the test client, as if they had done so just now."""

import time

from allauth.account.internal.flows.login import record_authentication
from django.http import HttpRequest
from django.test import Client

from dashboard.sessions import NOTED
from releases.models import User


def sign_in(client: Client, user: User) -> None:
    """Sign in without the page, but let the session know of it as the page does."""
    client.force_login(user)
    request = HttpRequest()
    request.session = client.session
    record_authentication(request, user, "password")
    # As after the first page, so that a test counts the statements of its own.
    request.session[NOTED] = int(time.time())
    request.session.save()
