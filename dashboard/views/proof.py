from http import HTTPStatus
from typing import Any

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByCode
from django.forms import BaseForm
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from dashboard.htmx import DashboardRequest, wants_fragment


class InTheDialog:
    """Asks htmx in the dialog of the page it is on, where what was typed stays."""

    request: DashboardRequest

    def dispatch(
        self, request: DashboardRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]  # allauth's, below
        patch_vary_headers(answer, ["HX-Request"])
        if not wants_fragment(request):
            return answer
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            words = {
                "title": "Too many attempts",
                "sentence": "Wait a minute, then try again.",
            }
            answer = render(request, "_refusal.html", words, status=answer.status_code)
        answer.headers.setdefault("HX-Retarget", "#dialog")
        answer.headers.setdefault("HX-Reswap", "innerHTML")
        return answer

    def get_template_names(self) -> list[str]:
        if wants_fragment(self.request):
            return ["account/_reauthenticate.html"]
        names: list[str] = super().get_template_names()  # type: ignore[misc]  # allauth's
        return names

    def get_form(self, *args: Any) -> BaseForm:
        form: BaseForm = super().get_form(*args)  # type: ignore[misc]  # allauth's
        if wants_fragment(self.request):
            for field in form.fields.values():
                field.widget.attrs["autofocus"] = True
        return form


class ProofByPassword(InTheDialog, ReauthenticateView):  # type: ignore[misc]  # allauth decorates it untyped
    pass


class ProofByCode(InTheDialog, ReauthenticateByCode):  # type: ignore[misc]  # the same
    pass
