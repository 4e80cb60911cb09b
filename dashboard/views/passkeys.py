from http import HTTPStatus

from allauth.mfa.webauthn.internal.auth import begin_registration
from allauth.mfa.webauthn.views import LoginWebAuthnView, ReauthenticateWebAuthnView
from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from dashboard.htmx import DashboardRequest, actor_of
from dashboard.passkeys import NewPasskeyForm, passkey_row, passkeys_work
from dashboard.proof import require_proof
from dashboard.views.proof import InTheDialog
from releases.errors import NotFound, OperationRefused
from releases.operations.passkeys import add_passkey, remove_passkey, rename_passkey
from releases.passkeys import find_passkey, passkeys_of

NAV = {"nav": "account"}


class _SayingWhy:
    """Leads back to the page that asked for a passkey, and says there what was wrong."""

    request: DashboardRequest
    asked_at = ""

    def form_invalid(self, form: Form) -> HttpResponse:
        for errors in form.errors.values():
            for error in errors:
                messages.error(self.request, str(error))
        after = self.request.POST.get("next", "")
        query = f"?{urlencode({'next': after})}" if after else ""
        return redirect(reverse(self.asked_at) + query)


class SignInByPasskey(_SayingWhy, LoginWebAuthnView):
    asked_at = "account_login"


class ProofByPasskey(_SayingWhy, InTheDialog, ReauthenticateWebAuthnView):
    asked_at = "mfa_reauthenticate_webauthn"


@require_safe
def passkey_list(request: DashboardRequest) -> HttpResponse:
    now = timezone.now()
    found = passkeys_of(request.user, actor=actor_of(request))
    context = NAV | {"rows": [passkey_row(each, now) for each in found]}
    return render(request, "dashboard/passkey_list.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def passkey_add(request: DashboardRequest) -> HttpResponse:
    if not passkeys_work(request):
        return redirect("passkey_list")
    require_proof(request)
    form = NewPasskeyForm(
        request.POST if request.method == "POST" else None, request=request
    )
    if form.is_valid():
        try:
            passkey = add_passkey(**form.cleaned_data, actor=actor_of(request))
        except OperationRefused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"Added {passkey}. Next time, sign in with it.")
            return redirect("passkey_list")
    options = begin_registration(request.user, passwordless=True)
    return render(
        request,
        "dashboard/passkey_add.html",
        NAV | {"form": form, "options": options},
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def passkey(request: DashboardRequest, passkey_id: int) -> HttpResponse:
    """Show one passkey; by POST, give it another name."""
    user, actor = request.user, actor_of(request)
    found = find_passkey(user, passkey_id, actor=actor)
    refusal = None
    if request.method == "POST":
        name = request.POST.get("name", "")
        try:
            rename_passkey(user=user, passkey_id=passkey_id, name=name, actor=actor)
        except NotFound:
            raise
        except OperationRefused as refused:
            refusal = refused
        else:
            messages.success(request, f"It is called {name.strip()} now.")
            return redirect("passkey_list")
    context = NAV | {
        "row": passkey_row(found, timezone.now()),
        "refusal": refusal,
        "typed": request.POST,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK
    return render(request, "dashboard/passkey.html", context, status=status)


@require_POST
def passkey_remove(request: DashboardRequest, passkey_id: int) -> HttpResponse:
    user, actor = request.user, actor_of(request)
    find_passkey(user, passkey_id, actor=actor)
    require_proof(request)
    removed = remove_passkey(user=user, passkey_id=passkey_id, actor=actor)
    messages.success(request, f"Removed {removed}. Nobody gets in with it any more.")
    return redirect("passkey_list")
