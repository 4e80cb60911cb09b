from allauth.account.views import PasswordResetView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe


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
