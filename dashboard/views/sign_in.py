import logging
from collections.abc import Callable

from allauth.account.views import PasswordResetView
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from requests import RequestException

from dashboard.single_sign_on import did_not_work

logger = logging.getLogger(__name__)


@login_not_required
@require_safe
def admin_login(request: HttpRequest) -> HttpResponse:
    """Send strangers to the sign-in; who is signed in and comes here is no superuser."""
    if request.user.is_authenticated:
        raise PermissionDenied("The admin is for superusers.")
    return redirect_to_login(request.GET.get("next", "/admin/"))


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request: HttpRequest) -> HttpResponseBase:
    """Send a mail that leads to a new password; without mail, say whom to ask."""
    if settings.MAIL_SERVER is None:
        return render(request, "account/password_reset_asked_for.html")
    answer: HttpResponseBase = PasswordResetView.as_view()(request)
    return answer


@never_cache
@login_not_required
@require_safe
def single_sign_on(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Lead to the provider."""
    return _asking_the_provider(openid_connect.login, request, provider_id)


@never_cache
@login_not_required
@require_safe
def single_sign_on_done(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Come back from the provider."""
    return _asking_the_provider(openid_connect.callback, request, provider_id)


def _asking_the_provider(
    view: Callable[[HttpRequest, str], HttpResponseBase],
    request: HttpRequest,
    provider_id: str,
) -> HttpResponseBase:
    try:
        return view(request, provider_id)
    except RequestException:
        logger.exception("The provider of single sign-on does not answer.")
        messages.error(request, did_not_work())
        return redirect("account_login")
