from http import HTTPStatus

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dashboard.forms import FirstCodeForm
from dashboard.htmx import DashboardRequest, actor_of
from dashboard.proof import require_proof
from dashboard.qr_code import qr_code
from dashboard.times import moment
from releases.errors import OperationRefused
from releases.operations.two_factor import (
    make_recovery_codes,
    turn_off_two_factor,
    turn_on_two_factor,
)
from releases.two_factor import has_two_factor, two_factor_of
from releases.vault import seal, unseal

NAV = {"nav": "account"}
# Where a session keeps the key that an app is to show a code of, sealed.
PENDING = "two_factor_key"


@require_safe
def two_factor(request: DashboardRequest) -> HttpResponse:
    state = two_factor_of(request.user, actor=actor_of(request))
    if state is None:
        return render(request, "dashboard/two_factor.html", NAV)
    now = timezone.now()
    context = NAV | {
        "state": state,
        "since": moment(state.since, now),
        "used": moment(state.used_at, now) if state.used_at else None,
    }
    return render(request, "dashboard/two_factor.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def two_factor_on(request: DashboardRequest) -> HttpResponse:
    """Show a key for an authenticator app; a code of it turns two-factor on."""
    require_proof(request)
    if has_two_factor(request.user):
        return redirect("two_factor")
    secret = _pending_key(request)
    form = FirstCodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            codes = turn_on_two_factor(
                secret=secret,
                code=form.cleaned_data["code"],
                actor=actor_of(request),
            )
        except OperationRefused as refusal:
            form.add_error("code", str(refusal))
        else:
            del request.session[PENDING]
            return _shown_once(request, codes)
    url = get_adapter().build_totp_url(request.user, secret)
    return render(
        request,
        "dashboard/two_factor_on.html",
        NAV | {"form": form, "secret": secret, "url": url, "qr": qr_code(url)},
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def two_factor_off(request: DashboardRequest) -> HttpResponse:
    """Ask first, by GET; turn it off by POST."""
    if request.method == "POST":
        require_proof(request)
        turn_off_two_factor(user=request.user, actor=actor_of(request))
        messages.success(request, "Two-factor is off. Your password is enough now.")
        return redirect("two_factor")
    return render(request, "dashboard/two_factor_off.html", NAV)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def recovery_codes(request: DashboardRequest) -> HttpResponse:
    """Ask first, by GET; by POST make new ones, and show them in the answer to that."""
    if request.method == "POST":
        require_proof(request)
        return _shown_once(request, make_recovery_codes(actor=actor_of(request)))
    return render(request, "dashboard/recovery_codes.html", NAV)


def _pending_key(request: DashboardRequest) -> str:
    """Return the key that was shown last; what only shows it makes a new one."""
    if request.method == "POST" and PENDING in request.session:
        return unseal(request.session[PENDING])
    secret: str = generate_totp_secret()
    request.session[PENDING] = seal(secret)
    return secret


def _shown_once(request: DashboardRequest, codes: list[str]) -> HttpResponse:
    return render(
        request,
        "dashboard/recovery_codes_made.html",
        NAV | {"codes": codes},
        status=HTTPStatus.CREATED,
    )
