import uuid
from http import HTTPStatus

from django.core.signing import BadSignature, Signer
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dashboard.forms import RollbackForm
from dashboard.htmx import DashboardRequest, actor_of, render_page, wants_fragment
from dashboard.plan_words import between_words, changes_of, scope_choices
from dashboard.refusals import status_of
from dashboard.views.activity import activity_page
from releases.actors import Actor
from releases.errors import NotAllowed, NotFound, OperationRefused
from releases.models import App, Mark, Release
from releases.operations.roll_back import roll_back
from releases.permissions import Action
from releases.plans import Plan, PlanMoved, plan
from releases.queries import app_to_change, open_app
from releases.restoring import Scope

signer = Signer(salt="rollback plan")
UNREAD = "Read this plan first, then press again. Nothing was done."


@require_http_methods(["GET", "HEAD", "POST"])
def release_rollback(
    request: DashboardRequest, app_name: str, version: int
) -> HttpResponse:
    """Show the plan of going to a release; by POST, go there.

    What was read is signed: a POST says which plan its person saw, and whether that
    asked for a tick because of migrations, and neither is theirs to make up.
    """
    actor = actor_of(request)
    if request.method != "POST":
        return _plan_page(request, app_name, version, RollbackForm.fresh(request.GET))
    form = RollbackForm(request.POST)
    form.is_valid()
    if "preview" in request.POST:
        return _plan_page(request, app_name, version, form)
    try:
        digest = _checked(form)
        release = _go(app_to_change(app_name), version, form, digest, actor)
    except PlanMoved as moved:
        return _plan_page(
            request, app_name, version, form, refusal=moved, seen=moved.plan
        )
    except (NotFound, NotAllowed):
        raise
    except OperationRefused as refusal:
        return _plan_page(request, app_name, version, form, refusal=refusal)
    return _done(request, app_name, release)


class PlanUnread(OperationRefused):
    """The form does not say which plan was read, or asks for more than it says."""

    code = "plan_unread"


def _checked(form: RollbackForm) -> str:
    """Return the digest of the plan that was read. Refuses a form that is not complete."""
    given = form.cleaned_data
    try:
        digest, needs_tick = signer.unsign_object(given.get("plan") or "")
    except (BadSignature, ValueError):
        raise PlanUnread(UNREAD) from None
    if form.errors:
        raise OperationRefused("Mend what is marked below. Nothing was done.")
    missing = []
    if needs_tick and not given["migrations_ok"]:
        form.add_error("migrations_ok", "Tick this to go on.")
        missing.append("the tick that it can run on the database")
    if given["mark_bad"] and not given["reason"].strip():
        form.add_error("reason", "Say why it is bad: others will read it.")
        missing.append("the reason why it is bad")
    if missing:
        raise OperationRefused(f"Missing: {' and '.join(missing)}. Nothing was done.")
    return str(digest)


def _go(
    app: App, version: int, form: RollbackForm, digest: str, actor: Actor
) -> Release:
    given = form.cleaned_data
    return roll_back(
        app=app,
        to=version,
        actor=actor,
        scope=Scope(given["scope"]),
        plan_digest=digest,
        reason=given["reason"],
        incident_url=given["incident_url"],
        override=given["override"],
        mark_bad=given["mark_bad"],
        idempotency_key=str(given["key"] or ""),
    )


def _done(request: DashboardRequest, app_name: str, release: Release) -> HttpResponse:
    url = reverse("app_activity", args=[app_name])
    if not wants_fragment(request):
        return redirect(f"{url}?made={release}")
    response = render(
        request,
        "dashboard/_rolled_back.html",
        activity_page(request, app_name, made=str(release)),
    )
    response.headers["HX-Retarget"] = "#main"
    response.headers["HX-Reswap"] = "innerHTML"
    response.headers["HX-Push-Url"] = url
    response.headers["HX-Trigger-After-Swap"] = "rolled-back"
    return response


def _plan_page(
    request: DashboardRequest,
    app_name: str,
    version: int,
    form: RollbackForm,
    *,
    refusal: OperationRefused | None = None,
    seen: Plan | None = None,
) -> HttpResponse:
    """Show the plan as it is now, with what was typed, and why nothing was done."""
    actor = actor_of(request)
    app, may = open_app(app_name, actor=actor)
    form.is_valid()
    scope = Scope(form.cleaned_data.get("scope") or Scope.EVERYTHING)
    current = seen or plan(app=app, to=version, scope=scope, actor=actor)
    context = {
        "nav": "apps",
        "app": app,
        "crumb": f"To {current.target}",
        "plan": current,
        "changes": changes_of(current),
        "between": between_words(current),
        "form": form,
        "scope": scope.value,
        "signed": signer.sign_object(
            [current.digest, bool(current.code.migrations.total)]
        ),
        # A plan that was not carried out is a new request when it is pressed again.
        "key": str(uuid.uuid4()) if refusal else form["key"].value() or uuid.uuid4(),
        "choices": scope_choices(current),
        "is_blocked": current.is_blocked,
        "bad_mark": _bad_mark(current),
        "may_roll_back": Action.ROLL_BACK in may,
        "refusal": refusal,
        "goes_forward": current.target.version > current.before.version,
        "next_version": app.last_version + 1,
    }
    return render_page(
        request,
        "dashboard/release_rollback.html",
        context,
        fragment="dashboard/_rollback.html",
        status=status_of(refusal) if refusal else HTTPStatus.OK,
    )


def _bad_mark(plan: Plan) -> Mark | None:
    if all(blocker.code != "marked_bad" for blocker in plan.blockers):
        return None
    standing = plan.target.marks.filter(kind=Mark.Kind.BAD, cleared_at=None)
    return standing.select_related("created_by").first()
