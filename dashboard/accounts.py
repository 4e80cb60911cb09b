"""How people sign in: django-allauth, with accounts that only superusers make."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dashboard.htmx import actor_of
from releases.operations.sign_in import record_sign_in


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
            field.widget.attrs = {
                "type": field.widget.attrs.get("type", "password"),
                "class": "input",
                "autocomplete": autocomplete,
            }
