"""How people sign in: django-allauth, with accounts that only superusers make."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm, ReauthenticateForm
from allauth.core import context
from allauth.mfa.base import forms as mfa_forms
from django import forms
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dashboard.forms import CODE
from dashboard.htmx import acting_as, actor_of
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

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: that one is signed in or out now is to be seen."""


class SignInForm(LoginForm):
    """The sign-in form in the words and the look of the pages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email, password = self.fields["login"], self.fields["password"]
        email.label, password.label = "E-mail", "Password"
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
