import uuid
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dashboard.forms import NewTokenForm
from dashboard.htmx import DashboardRequest, actor_of
from dashboard.proof import require_proof
from dashboard.token_rows import token_row, token_rows
from releases.errors import OperationRefused
from releases.operations.tokens import create_token, revoke_token
from releases.queries import find_token, visible_tokens


@require_safe
def token_list(request: DashboardRequest) -> HttpResponse:
    tokens = visible_tokens(request.user, actor=actor_of(request))
    rows = token_rows(tokens, timezone.now())
    return render(request, "dashboard/token_list.html", {"nav": "tokens", "rows": rows})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def token_create(request: DashboardRequest) -> HttpResponse:
    """Make a token, and show its secret in the answer to that, which nothing stores."""
    form = NewTokenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        # It goes on getting in where whoever made it is signed out.
        require_proof(request)
        try:
            made = create_token(
                user=request.user,
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                expires_in=form.expires_in,
                actor=actor_of(request),
            )
        except OperationRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return render(
                request,
                "dashboard/token_created.html",
                {
                    "nav": "tokens",
                    "row": token_row(made.token, timezone.now()),
                    "secret": made.secret,
                },
                status=HTTPStatus.CREATED,
            )
    return render(
        request,
        "dashboard/token_create.html",
        {"nav": "tokens", "form": form},
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def token_revoke(request: DashboardRequest, token_id: uuid.UUID) -> HttpResponse:
    """Ask first, by GET; revoke by POST."""
    actor = actor_of(request)
    token = find_token(request.user, str(token_id), actor=actor)
    if request.method == "POST":
        revoke_token(token=token, actor=actor)
        messages.success(request, f"Revoked {token}. Nothing gets in with it any more.")
        return redirect("token_list")
    return render(
        request,
        "dashboard/token_revoke.html",
        {"nav": "tokens", "row": token_row(token, timezone.now())},
    )
