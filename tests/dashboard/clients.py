"""Browsers of the test client, signed in as whoever a test needs."""

from django.test import Client

from releases.models import App
from tests.factories import make_member, make_user
from tests.signing_in import sign_in

HTMX = {"HX-Request": "true"}


def stranger() -> Client:
    client = Client()
    sign_in(client, make_user())
    return client


def member(app: App, *permissions: str) -> Client:
    """Return the browser of someone who may do just this with `app`."""
    client = Client()
    sign_in(client, make_member(app, *permissions).user)
    return client
