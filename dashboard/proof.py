"""Who sees a secret, or does what cannot be undone, shows again who they are."""

import json
import time
from typing import NoReturn
from urllib.parse import urlencode, urlsplit

from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.httpkit import deserialize_request, serialize_request
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import resolve, reverse

from dashboard.htmx import wants_fragment
from releases.errors import OperationRefused
from releases.vault import seal, unseal

# Where a session keeps the page that whoever is asked goes back to if they will not.
ASKED_ON = "proof_asked_on"


def require_proof(request: HttpRequest) -> None:
    """Ask who sent `request` for their password, a code or a passkey, if it is long ago.

    Signing in is a proof too. What was posted is kept meanwhile, and done right after it.
    A view calls this before it changes anything, or shows what is secret; after it knows
    that the person may.
    """
    if not was_proved_lately(request):
        _ask(request)


def was_proved_lately(request: HttpRequest) -> bool:
    earliest = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
    proofs = get_authentication_records(request, request.user)
    # A provider lets in without a question whoever is signed in there.
    asked = [proof for proof in proofs if proof["method"] != "socialaccount"]
    return any(proof["at"] > earliest for proof in asked)


def go_on(request: HttpRequest, sealed: str) -> HttpResponse:
    """Do what was posted before the question; allauth calls this after the answer.

    Only where this was the question, and soon after it: nothing is done that somebody
    turned away from. Where it was asked in the dialog of a page, that page stays.
    """
    kept, url = json.loads(unseal(sealed)), get_next_redirect_url(request)
    in_dialog = wants_fragment(request)
    if url != kept["url"]:
        if in_dialog:
            raise OperationRefused(
                "Something else was asked for meanwhile. Press again."
            )
        return redirect(url or "/")
    if kept["at"] < time.time() - app_settings.REAUTHENTICATION_TIMEOUT:
        if in_dialog:
            raise OperationRefused("That was a while ago. Press again.")
        messages.error(request, "That was a while ago, so nothing was done.")
        return redirect(request.session.get(ASKED_ON, "/"))
    resumed = deserialize_request(kept["request"], request)
    view = resolve(resumed.path_info)
    answer: HttpResponse = view.func(resumed, *view.args, **view.kwargs)
    if in_dialog and kept["target"]:
        answer.headers["HX-Retarget"] = f"#{kept['target']}"
        answer.headers["HX-Reswap"] = "outerHTML"
        answer.headers["HX-Trigger"] = "proved"
    return answer


def _ask(request: HttpRequest) -> NoReturn:
    url = request.get_full_path()
    request.session[ASKED_ON] = _page_before(request)
    # What an earlier question was about is not done by the answer to this one.
    request.session.pop(STATE_SESSION_KEY, None)
    if request.method == "POST":
        # Sealed, since passwords of others may be among it.
        kept = {
            "url": url,
            "at": time.time(),
            "request": serialize_request(request),
            "target": request.headers.get("HX-Target", ""),
        }
        request.session[STATE_SESSION_KEY] = {
            "callback": "dashboard.proof.go_on",
            "state": seal(json.dumps(kept)),
        }
    question = reverse("account_reauthenticate")
    raise ImmediateHttpResponse(redirect(f"{question}?{urlencode({'next': url})}"))


def _page_before(request: HttpRequest) -> str:
    """Return the page of ours where a link or a button led to the question."""
    before = urlsplit(request.headers.get("Referer", ""))
    is_question = before.path.startswith(reverse("account_reauthenticate"))
    if before.netloc != request.get_host() or is_question:
        kept: str = request.session.get(ASKED_ON, "/")
        return kept
    return before._replace(scheme="", netloc="", fragment="").geturl()
