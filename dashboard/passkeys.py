"""Passkeys as the pages have them: where they work, and the forms that browsers fill in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
    SignupWebAuthnForm,
)
from django import forms
from django.http import HttpRequest
from django.http.request import split_domain_port

from dashboard.sessions import device_words
from dashboard.times import Moment, moment


def passkeys_work(request: HttpRequest) -> bool:
    """Whether a browser makes passkeys for the address that it is at.

    It does for names only, and by https, but for the machine's own name.
    """
    host, _port = split_domain_port(request.get_host())
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        is_own = host == "localhost" or host.endswith(".localhost")
        return request.is_secure() or is_own
    return False


@contextmanager
def _refusing_garbage() -> Iterator[None]:
    """Refuse what is not even shaped like a passkey; allauth takes that for a bug."""
    try:
        yield
    except (KeyError, ValueError) as error:
        raise get_adapter().validation_error("incorrect_code") from error


class NewPasskeyForm(SignupWebAuthnForm):
    """What the browser says of a new passkey, and what it is to be called."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        name = device_words(request.headers.get("User-Agent", ""))
        super().__init__(*args, user=request.user, initial={"name": name}, **kwargs)
        self.fields["name"] = forms.CharField(
            label="Name",
            max_length=100,
            widget=forms.TextInput({"class": "input", "autocomplete": "off"}),
            help_text="To know it again: where it is kept, say.",
        )
        self.fields["credential"].error_messages["required"] = (
            "Your browser said nothing of a passkey."
        )

    def clean(self) -> dict[str, Any]:
        with _refusing_garbage():
            return super().clean()


class _Answer:
    """What the browser says of a passkey that it has."""

    def clean_credential(self) -> Authenticator:
        with _refusing_garbage():
            return super().clean_credential()  # type: ignore[misc]  # allauth's, below


class SignInByPasskeyForm(_Answer, LoginWebAuthnForm):
    pass


class SecondStepByPasskeyForm(_Answer, AuthenticateWebAuthnForm):
    pass


class ProofByPasskeyForm(_Answer, ReauthenticateWebAuthnForm):
    pass


@dataclass(frozen=True)
class PasskeyRow:
    id: int
    name: str
    added: Moment
    used: Moment | None


def passkey_row(passkey: Authenticator, now: datetime) -> PasskeyRow:
    used = passkey.last_used_at
    return PasskeyRow(
        id=passkey.pk,
        name=passkey.data["name"],
        added=moment(passkey.created_at, now),
        used=moment(used, now) if used else None,
    )
