from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from dashboard.accounts import ChangePasswordForm
from dashboard.htmx import DashboardRequest, actor_of
from dashboard.sessions import NOTED, session_rows
from dashboard.times import counted
from releases.errors import NotFound, OperationRefused
from releases.operations.end_sessions import end_other_sessions, end_session
from releases.operations.set_password import set_password
from releases.sessions import live_sessions
from releases.two_factor import has_two_factor

NAV = {"nav": "account"}
SESSIONS_SHOWN = 50


@require_safe
def account(request: DashboardRequest) -> HttpResponse:
    sessions = live_sessions(request.user, actor=actor_of(request))
    # One more than is shown tells whether there are more.
    found = list(sessions[: SESSIONS_SHOWN + 1])
    rows = session_rows(
        found[:SESSIONS_SHOWN],
        this=request.session.session_key,
        now=timezone.now(),
    )
    context = NAV | {
        "has_two_factor": has_two_factor(request.user),
        "sessions": rows,
        "has_more": len(found) > SESSIONS_SHOWN,
        "has_others": any(not row.is_this for row in rows),
    }
    return render(request, "dashboard/account.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password_change(request: DashboardRequest) -> HttpResponse:
    """Change one's password. All sessions end by that, but for this one."""
    given = request.POST if request.method == "POST" else None
    form = ChangePasswordForm(given, user=request.user)
    if form.is_valid():
        try:
            user = set_password(
                user=request.user,
                password=form.cleaned_data["new"],
                actor=actor_of(request),
            )
        except OperationRefused as refusal:
            form.add_error("new", str(refusal))
        else:
            update_session_auth_hash(request, user)
            # It goes on under another key.
            del request.session[NOTED]
            messages.success(
                request, "Your password is changed. You are signed out elsewhere."
            )
            return redirect("account")
    return render(
        request,
        "dashboard/password_change.html",
        NAV | {"form": form},
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK,
    )


@require_POST
def session_end(request: DashboardRequest, session_id: int) -> HttpResponse:
    try:
        end_session(user=request.user, session_id=session_id, actor=actor_of(request))
    except NotFound as ended:
        messages.success(request, str(ended))
    else:
        messages.success(request, "You are signed out there.")
    return redirect("account")


@require_POST
def session_end_others(request: DashboardRequest) -> HttpResponse:
    ended = end_other_sessions(
        user=request.user,
        but=request.session.session_key or "",
        actor=actor_of(request),
    )
    said = f"Ended {counted(ended, 'session')}." if ended else "There was no other."
    messages.success(request, said)
    return redirect("account")
