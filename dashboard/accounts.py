"""How people sign in: django-allauth, with accounts that only superusers make."""

from functools import partial
from typing import Any
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm, ReauthenticateForm, ResetPasswordForm
from allauth.core import context
from allauth.mfa.base import forms as mfa_forms
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from dashboard.forms import CODE
from dashboard.htmx import acting_as, actor_of
from releases.mail import send_aside
from releases.models import User
from releases.operations.set_password import set_password
from releases.operations.sign_in import record_sign_in
from releases.operations.two_factor import WRONG_CODE
from releases.second_step import pass_second_step
from releases.sessions import forget_ended_sessions

WAYS_TO_PROVE = {
    "reauthenticate": "Use your password",
    "mfa_reauthenticate": "Use a code",
    "mfa_reauthenticate:webauthn": "Use a passkey",
}

NEW_PASSWORD = {"class": "input", "autocomplete": "new-password"}


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def respond_user_inactive(
        self, request: HttpRequest, user: AbstractBaseUser
    ) -> HttpResponse:
        messages.error(request, "This account is deactivated.")
        return redirect("account_login")

    def post_login(
        self, request: HttpRequest, user: AbstractBaseUser, **hooks: Any
    ) -> HttpResponse:
        actor = actor_of(request)
        record_sign_in(actor=actor)
        forget_ended_sessions(actor.user)
        return super().post_login(request, user, **hooks)

    def get_reauthentication_methods(
        self, user: AbstractBaseUser
    ) -> list[dict[str, str]]:
        """Offer what the person has, the password first: the phone may be lost."""
        methods = super().get_reauthentication_methods(user)
        return [
            each | {"description": WAYS_TO_PROVE.get(each["id"], each["description"])}
            for each in methods
        ]

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the address that a mail leads to, not at whatever host was asked for."""
        path = reverse("account_reset_password_from_key", args=("UID", "KEY"))
        return settings.ROLLBOOK_URL + path.replace("UID-KEY", quote(key))

    def send_password_reset_mail(
        self, user: AbstractBaseUser, email: str, context: dict[str, Any]
    ) -> None:
        """Send it aside: how long that takes, or fails, would tell who has an account."""
        send_aside(partial(super().send_password_reset_mail, user, email, context))

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: that one is signed in or out now is to be seen."""


class SignInForm(LoginForm):
    """The sign-in form in the words and the look of the pages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email, password = self.fields["login"], self.fields["password"]
        email.label, password.label = "E-mail", "Password"
        # The page leads there itself.
        password.help_text = ""
        self.fields["remember"].label = "Keep me signed in for 14 days"
        for field, autocomplete in (
            (email, "username"),
            (password, "current-password"),
        ):
            field.widget.attrs = {"class": "input", "autocomplete": autocomplete}


class _ByCode(mfa_forms.BaseAuthenticateForm):
    """A code, used up and recorded by an operation, and counted with those of the API."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs = {**CODE, "autofocus": True}

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        request = context.request
        self.authenticator = pass_second_step(
            request, code=code, actor=acting_as(self.user, request)
        )
        if self.authenticator is None:
            raise forms.ValidationError(WRONG_CODE)
        return code


class CodeForm(_ByCode, mfa_forms.AuthenticateForm):
    """The second step of signing in."""


class CodeAgainForm(_ByCode, mfa_forms.ReauthenticateForm):
    """Asks for a code in place of the password, before what matters more."""


class PasswordForm(ReauthenticateForm):
    """Asks for the password again, before what matters more than a session."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs = {
            "class": "input",
            "autocomplete": "current-password",
            "autofocus": True,
        }


class NewPasswordForm(forms.Form):
    """A new password, twice; whether it is a good one the operation says."""

    new = forms.CharField(
        label="New password",
        strip=False,
        max_length=4_096,
        widget=forms.PasswordInput(NEW_PASSWORD),
        help_text="At least 8 characters, not only digits, and none of the common ones.",
    )
    again = forms.CharField(
        label="The same again",
        strip=False,
        widget=forms.PasswordInput(NEW_PASSWORD),
    )

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("new", again):
            raise forms.ValidationError("This is another one than above.")
        return again


class ChangePasswordForm(NewPasswordForm, PasswordForm):
    """A new password, by who knows the old one."""

    field_order = ["password", "new", "again"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = "Your password now"


class ForgottenPasswordForm(ResetPasswordForm):
    """Asks for a mail that leads to a new password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email = self.fields["email"]
        email.label = "E-mail"
        email.widget.attrs = {"class": "input", "autocomplete": "username"}


class PasswordByMailForm(NewPasswordForm):
    """A new password, by who got the mail."""

    def __init__(
        self, *args: Any, user: User | None = None, temp_key: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        validate_password(new, self.user)
        return new

    def save(self) -> None:
        assert self.user  # noqa: S101  # the mail named one, or there is no form
        set_password(
            user=self.user,
            password=self.cleaned_data["new"],
            actor=acting_as(self.user, context.request),
        )
