"""How people sign in: django-allauth, with accounts that only superusers make."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm, ReauthenticateForm
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm
from django import forms
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from dashboard.forms import CODE
from dashboard.htmx import acting_as, actor_of
from releases.operations.sign_in import record_sign_in
from releases.operations.two_factor import WRONG_CODE
from releases.second_step import pass_second_step


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
        record_sign_in(actor=actor_of(request))
        return super().post_login(request, user, **hooks)

    def get_reauthentication_methods(
        self, user: AbstractBaseUser
    ) -> list[dict[str, str]]:
        """Ask for the password again: who changes two-factor may have lost the phone."""
        url = reverse("account_reauthenticate")
        return [{"id": "reauthenticate", "description": "Password", "url": url}]

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


class CodeForm(AuthenticateForm):
    """The second step, recorded by an operation, and counted with those of the API."""

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


class PasswordForm(ReauthenticateForm):
    """Asks for the password again, before what matters more than a session."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].widget.attrs = {
            "class": "input",
            "autocomplete": "current-password",
            "autofocus": True,
        }
