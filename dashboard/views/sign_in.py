from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def admin_login(request: HttpRequest) -> HttpResponse:
    """Send strangers to the sign-in; who is signed in and comes here is no superuser."""
    if request.user.is_authenticated:
        raise PermissionDenied("The admin is for superusers.")
    return redirect_to_login(request.GET.get("next", "/admin/"))
